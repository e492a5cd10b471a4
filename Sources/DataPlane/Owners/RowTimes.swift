/// Of which time stored rows are: what stands in one field of them.
struct RowTimes: Sendable {
    let field: Int

    /// In milliseconds since 1970, a day as its first; nil for a null value.
    @inline(__always)
    func time(ofRow row: Int, _ block: Span<UInt8>, _ layout: BlockLayout) -> Int64? {
        guard !layout.isNull(block, row, field) else { return nil }
        let start = layout.rowStart(block, row)
        let cell = start + layout.cellStart(block, row, field)..<start + layout.cellEnd(block, row, field)
        let isQuoted = cell.count > 1 && block[cell.lowerBound] == UInt8(ascii: "\"")
        return TimeText.milliseconds(block, isQuoted ? cell.lowerBound + 1..<cell.upperBound - 1 : cell)
    }
}
