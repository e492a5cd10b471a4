internal import DataPlane
internal import Model

extension ContentCoding {
    /// What is chosen among codings of the same weight, best first.
    private static let preferred: [ContentCoding] = [.zstd, .gzip, .identity]

    /// Chooses by the `Accept-Encoding` header (RFC 9110 section 12.5.3): what it weighs highest, and no
    /// coding where there is none. What is not coded is acceptable unless the header says otherwise.
    init(acceptEncoding: String?) throws(ClientFault) {
        guard let acceptEncoding else {
            self = .identity
            return
        }
        let list = WeightedList(acceptEncoding)
        let weights = Self.preferred.map { ($0, $0.weight(in: list)) }.filter { $0.1 > 0 }
        guard let highest = weights.map(\.1).max(), let best = weights.first(where: { $0.1 == highest })
        else {
            throw ClientFault(
                .notAcceptable, "not_acceptable", "no accepted coding is one that data come in",
                field: "accept-encoding", found: acceptEncoding,
                expected: Self.preferred.map(\.rawValue).joined(separator: ", "))
        }
        self = best.0
    }

    /// In thousandths. No coding is the last resort where the header does not name it.
    private func weight(in list: WeightedList) -> Int {
        let any = list.weight(of: "*")
        return switch self {
        case .gzip: list.weight(of: "gzip", "x-gzip") ?? any ?? 0
        case .zstd: list.weight(of: "zstd") ?? any ?? 0
        case .identity: list.weight(of: "identity") ?? (any == 0 ? 0 : 1)
        }
    }
}
