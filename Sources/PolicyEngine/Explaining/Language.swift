/// The languages in which policies are explained.
public enum Language: String, CaseIterable, Sendable {
    case dutch = "nl"
    case french = "fr"
    case german = "de"
    case english = "en"

    /// One of four texts.
    func pick(_ dutch: String, _ french: String, _ german: String, _ english: String) -> String {
        switch self {
        case .dutch: dutch
        case .french: french
        case .german: german
        case .english: english
        }
    }
}
