import Foundation

/// What the program's outputs are connected to.
enum Terminal {
    static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isError: Bool { isatty(STDERR_FILENO) == 1 }

    enum Colour: Int { case red = 31, green = 32 }

    /// The text in a colour, on a terminal whose user wants colours (https://no-color.org).
    static func paint(
        _ text: String, _ colour: Colour, isTerminal: Bool = Terminal.isOutput,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        guard isTerminal, (environment["NO_COLOR"] ?? "").isEmpty, environment["TERM"] != "dumb" else {
            return text
        }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }
}
