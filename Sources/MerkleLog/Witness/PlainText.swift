import Model

/// Foreign bytes in our messages: nothing in them can end a line or steer a terminal.
enum PlainText {
    /// ASCII as it is, everything else as `\xNN`; cut after `limit` bytes.
    static func of(_ bytes: some Sequence<UInt8>, limit: Int = 120) -> String {
        var text = ""
        for byte in bytes.prefix(limit) {
            text += (0x20...0x7E).contains(byte) ? String(UnicodeScalar(byte)) : "\\x\(Hex.encode([byte]))"
        }
        return text
    }
}
