/// A file of the log as it is to be written.
public struct TileFile: Hashable, Sendable {
    public let path: TilePath
    public let bytes: [UInt8]

    public init(path: TilePath, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// The bytes of the partial tile or bundle of the same place with only the first `width` hashes or
    /// entries; nil if this one does not hold so many.
    public func narrowed(to width: Int) -> [UInt8]? {
        guard (1...path.width).contains(width) else { return nil }
        guard path.kind == .entries else {
            let size = width * TreeHash.sizeBytes
            return bytes.count >= size ? Array(bytes.prefix(size)) : nil
        }
        let ranges = EntryBundle.layout(of: bytes).ranges
        return ranges.count >= width ? Array(bytes[..<ranges[width - 1].upperBound]) : nil
    }
}
