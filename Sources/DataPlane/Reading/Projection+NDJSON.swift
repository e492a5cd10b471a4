extension Projection {
    /// Writes rows of a block as NDJSON, as many as fit.
    /// - Returns: how many were written.
    func writeNDJSON(
        _ block: Span<UInt8>, _ layout: BlockLayout, rows: Range<Int>, to output: inout OutputSpan<UInt8>
    ) -> Int {
        for row in rows {
            let start = output.count
            guard writeObject(block, layout, row, to: &output), output.count <= Block.maximumBytes else {
                output.removeLast(output.count - start)
                return row - rows.lowerBound
            }
        }
        return rows.count
    }

    /// False if there is no room.
    private func writeObject(
        _ block: Span<UInt8>, _ layout: BlockLayout, _ row: Int, to output: inout OutputSpan<UInt8>
    ) -> Bool {
        let rowStart = layout.rowStart(block, row)
        for member in members {
            guard output.append(member.key.span, 0..<member.key.count) else { return false }
            if layout.isNull(block, row, member.field) {
                guard output.append(Self.null.span, 0..<4) else { return false }
                continue
            }
            let start = rowStart + layout.cellStart(block, row, member.field)
            let end = rowStart + layout.cellEnd(block, row, member.field)
            guard writeValue(block, start..<end, isLiteral: isLiteral[member.field], to: &output) else {
                return false
            }
        }
        guard output.freeCapacity > 1 else { return false }
        output.append(UInt8(ascii: "}"))
        output.append(UInt8(ascii: "\n"))
        return true
    }

    private static let null = Array("null".utf8)

    /// The value of a stored cell, which may be in quotes.
    private func writeValue(
        _ block: Span<UInt8>, _ cell: Range<Int>, isLiteral: Bool, to output: inout OutputSpan<UInt8>
    ) -> Bool {
        let isQuoted = cell.count > 1 && block[cell.lowerBound] == UInt8(ascii: "\"")
        let text = isQuoted ? cell.lowerBound + 1..<cell.upperBound - 1 : cell
        if isLiteral { return output.append(block, text) }
        guard output.freeCapacity > 1 else { return false }
        output.append(UInt8(ascii: "\""))
        guard writeEscaped(block, text, to: &output), output.freeCapacity > 0 else { return false }
        output.append(UInt8(ascii: "\""))
        return true
    }

    /// A quote in a stored cell is always the first of two, which stand for one.
    private func writeEscaped(
        _ block: Span<UInt8>, _ text: Range<Int>, to output: inout OutputSpan<UInt8>
    ) -> Bool {
        var start = text.lowerBound
        var index = start
        while index < text.upperBound {
            let byte = block[index]
            guard JSONText.needsEscape(byte) else {
                index += 1
                continue
            }
            let escape = JSONText.escapes[Int(byte)]
            guard output.append(block, start..<index), output.append(escape.span, 0..<escape.count) else {
                return false
            }
            index += byte == UInt8(ascii: "\"") ? 2 : 1
            start = min(index, text.upperBound)
        }
        return output.append(block, start..<text.upperBound)
    }
}
