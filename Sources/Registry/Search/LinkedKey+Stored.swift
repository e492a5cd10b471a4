internal import Model

extension LinkedKey {
    /// As the index holds it: the bytes of the key; of a period of it, a byte that no text has and both ends
    /// behind them.
    var stored: [UInt8] {
        let text = Array(key.utf8)
        guard let period else { return text }
        return text + [0xFF] + Self.bytes(period.from?.milliseconds ?? .min)
            + Self.bytes(period.to?.milliseconds ?? .max)
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}
