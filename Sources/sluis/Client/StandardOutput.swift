import Foundation

/// Where answers go.
enum StandardOutput {
    /// - Throws: `OutputClosed` if whoever read it has gone; the system's error otherwise.
    static func write(_ text: String) throws { try write(Data(text.utf8)) }

    static func write(_ bytes: Data) throws { try write(bytes, to: .standardOutput) }

    static func write(_ bytes: Data, to file: FileHandle) throws {
        do {
            try file.write(contentsOf: bytes)
        } catch {
            throw isClosedPipe(error as NSError) ? OutputClosed() : error
        }
    }

    /// Foundation wraps the system's error once or twice.
    private static func isClosedPipe(_ error: NSError) -> Bool {
        if error.domain == NSPOSIXErrorDomain { return error.code == Int(EPIPE) }
        return (error.userInfo[NSUnderlyingErrorKey] as? NSError).map(isClosedPipe) ?? false
    }
}

/// Where messages for the person at the terminal go.
enum StandardError {
    /// A message that cannot be written has nobody left to be told.
    static func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
