/// The owners of a version, ascending by their keys' bytes, and where their rows end: the file `owners`.
///
/// It holds `key ends (4 bytes each) | row ends (4 bytes each) | keys`. The rows of owner `o` are those from
/// the end of `o - 1` to the end of `o`; behind the last owner's stand the rows that belong to nobody, which
/// so have no ordinal and no bit in any filter.
struct OwnerTable: Sendable {
    private let keyEnds: [UInt32]
    private let rowEnds: [UInt32]
    private let keys: [UInt8]

    init(keyEnds: [UInt32], rowEnds: [UInt32], keys: [UInt8]) {
        precondition(keyEnds.count == rowEnds.count)
        self.keyEnds = keyEnds
        self.rowEnds = rowEnds
        self.keys = keys
    }

    var count: Int { keyEnds.count }

    /// Rows that belong to someone.
    var ownedRows: Int { Int(rowEnds.last ?? 0) }

    func rows(_ ordinal: Int) -> Range<Int> { rowStart(ordinal)..<Int(rowEnds[ordinal]) }

    /// Also of the ordinal behind the last.
    @inline(__always)
    func rowStart(_ ordinal: Int) -> Int { ordinal == 0 ? 0 : Int(rowEnds[ordinal - 1]) }

    func key(_ ordinal: Int) -> ArraySlice<UInt8> {
        keys[(ordinal == 0 ? 0 : Int(keyEnds[ordinal - 1]))..<Int(keyEnds[ordinal])]
    }

    /// Finds a key by its exact bytes.
    func ordinal(of key: [UInt8]) -> Int? {
        var range = 0..<count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            let found = self.key(middle)
            if found.elementsEqual(key) { return middle }
            let isBefore = found.lexicographicallyPrecedes(key)
            range = isBefore ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}

extension OwnerTable {
    /// The content of the file.
    var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(8 * count + keys.count)
        for end in keyEnds { output.append32(Int(end)) }
        for end in rowEnds { output.append32(Int(end)) }
        return output + keys
    }

    /// Nil if the content makes no sense for so many owners and rows.
    init?(_ content: [UInt8], owners: Int, rows: Int) {
        guard owners >= 0, owners <= content.count / 8 else { return nil }
        let bytes = content.span
        keyEnds = (0..<owners).map { UInt32(bytes.load32(4 * $0)) }
        rowEnds = (0..<owners).map { UInt32(bytes.load32(4 * (owners + $0))) }
        keys = Array(content[(8 * owners)...])
        guard Self.isAscending(keyEnds), Self.isAscending(rowEnds), Int(keyEnds.last ?? 0) == keys.count,
            ownedRows <= rows
        else { return nil }
        for ordinal in 0..<owners where ordinal > 0 {
            guard key(ordinal - 1).lexicographicallyPrecedes(key(ordinal)) else { return nil }
        }
    }

    private static func isAscending(_ ends: [UInt32]) -> Bool {
        zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }
    }
}
