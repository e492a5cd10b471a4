/// The texts that mean "no value" when a cell is not quoted.
struct NullMarkers: Sendable {
    private let markers: [[UInt8]]
    private let longestBytes: Int

    init(_ texts: [String]) {
        markers = texts.map { Array($0.utf8) }
        longestBytes = markers.map(\.count).max() ?? -1
    }

    @inline(__always)
    func contains(_ text: Span<UInt8>) -> Bool {
        text.count <= longestBytes && isListed(text)
    }

    private func isListed(_ text: Span<UInt8>) -> Bool {
        for marker in markers where marker.count == text.count {
            if text.indices.allSatisfy({ text[$0] == marker[$0] }) { return true }
        }
        return false
    }
}
