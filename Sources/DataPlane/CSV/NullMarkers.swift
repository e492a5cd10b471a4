/// The texts that mean "no value" when a cell is not quoted.
struct NullMarkers: Sendable {
    private let markers: [[UInt8]]
    /// Bit k: there is a marker of k bytes; the highest stands for all longer ones.
    private let lengths: UInt64
    /// Bit k: there is a marker that begins with a byte whose lowest six bits are k.
    private let firstBytes: UInt64

    init(_ texts: [String]) {
        markers = texts.map { Array($0.utf8) }
        lengths = markers.reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
        firstBytes = markers.compactMap(\.first).reduce(0) { $0 | 1 << UInt64($1 & 63) }
    }

    @inline(__always)
    func contains(_ text: Span<UInt8>) -> Bool {
        guard lengths >> UInt64(min(text.count, 63)) & 1 == 1 else { return false }
        return text.isEmpty || firstBytes >> UInt64(text[0] & 63) & 1 == 1 && isListed(text)
    }

    private func isListed(_ text: Span<UInt8>) -> Bool {
        for marker in markers where marker.count == text.count {
            if text.indices.allSatisfy({ text[$0] == marker[$0] }) { return true }
        }
        return false
    }
}
