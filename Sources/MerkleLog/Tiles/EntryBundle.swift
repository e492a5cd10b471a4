/// Consecutive entries of a log, each behind its length as two bytes, big-endian (C2SP tlog-tiles).
public struct EntryBundle {
    /// The most bytes an entry can have.
    public static let maximumEntryBytes = 65_535
    /// The most bytes a full bundle can have.
    static let maximumSizeBytes = TilePath.fullWidth * (maximumEntryBytes + 2)

    /// The bundle of `entries`, each of at most 65,535 bytes.
    public static func encode(_ entries: [[UInt8]]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(entries.reduce(0) { $0 + $1.count + 2 })
        for entry in entries { append(entry, to: &output) }
        return output
    }

    /// The entries of a bundle, of which there are at most 256.
    ///
    /// - Throws: `malformedBundle` if the bytes do not end where an entry does.
    public static func decode(_ bytes: [UInt8]) throws(ProofError) -> [[UInt8]] {
        let layout = layout(of: bytes)
        guard layout.isWhole else {
            throw ProofError(.malformedBundle, "the bundle breaks off in entry \(layout.ranges.count)")
        }
        return layout.ranges.map { Array(bytes[$0]) }
    }

    static func append(_ entry: [UInt8], to bytes: inout [UInt8]) {
        precondition(entry.count <= maximumEntryBytes, "an entry has at most 65,535 bytes")
        bytes.append(UInt8(entry.count >> 8))
        bytes.append(UInt8(entry.count & 255))
        bytes.append(contentsOf: entry)
    }

    /// Where the entries lie in `bytes`; `isWhole` is false if bytes are left that make no entry, or if
    /// there are more than 256 entries.
    static func layout(of bytes: [UInt8]) -> (ranges: [Range<Int>], isWhole: Bool) {
        var ranges: [Range<Int>] = []
        var position = 0
        while bytes.count - position >= 2, ranges.count < TilePath.fullWidth {
            let start = position + 2
            let end = start + Int(bytes[position]) << 8 + Int(bytes[position + 1])
            guard end <= bytes.count else { break }
            ranges.append(start..<end)
            position = end
        }
        return (ranges, position == bytes.count)
    }
}
