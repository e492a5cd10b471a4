import Glibc

/// Where messages for the person at the terminal go.
enum StandardError {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        // A message that cannot be written has nobody left to be told.
        _ = unsafe Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}
