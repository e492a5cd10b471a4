/// Rows that are copied as they stand in a piece: cells found by the vector kernel, keys looked up in
/// batches.
///
/// What is anything but plain, or has anything wrong with it, is the scanner's.
extension ConnectedAssembler {
    /// Takes rows of the piece from the cursor on. False: the scanner must take the next, or the block is
    /// done.
    mutating func takePlain(_ piece: [UInt8], _ output: inout OutputSpan<UInt8>) -> Bool {
        guard !isFull, !isAtLimit, !isSpent, cursor.csv.isBetweenRows, cursor.position < piece.count,
            let columns = cursor.columns
        else { return false }
        let text = piece.span
        let rows = cursor.counts.rows
        let isKnown = workshop.window.seek(cursor.position, pieceStart: cursor.csv.pieceStart)
        if isKnown { takeWindow(text, columns, &output) }
        if cursor.counts.rows == rows, !isFull, !isKnown || workshop.window.isCutOff(in: text) {
            workshop.window.scan(text, from: cursor.position, pieceStart: cursor.csv.pieceStart)
            findInvalid(text)
            takeWindow(text, columns, &output)
        }
        return cursor.counts.rows > rows
    }

    private mutating func findInvalid(_ piece: Span<UInt8>) {
        workshop.validEnd = .max
        guard workshop.window.hasHighBytes else { return }
        do {
            _ = try UTF8Span(validating: piece.extracting(workshop.window.range))
        } catch {
            workshop.validEnd = error.byteOffsets.lowerBound
        }
    }

    private mutating func takeWindow(
        _ piece: Span<UInt8>, _ columns: UpstreamColumns, _ output: inout OutputSpan<UInt8>
    ) {
        let text = piece.extracting(workshop.window.range)
        let marks = workshop.window.marks
        let filter = filter
        let (unused, begin, rows) = (
            workshop.window.unused, workshop.window.rowStart, cursor.counts.rows
        )
        var batch = PlainBatch(workshop, columns)
        var goesOn = true
        while goesOn {
            batch.find(text, marks.span, upTo: unused.upperBound, filter?.owners)
            if batch.count == 0 { break }
            workshop.makeRoom()
            batch.lookUp(filter, &workshop.plans)
            let taken =
                workshop.question.isCopied
                ? copy(&batch, text, marks.span, &output) : encode(&batch, text, marks.span, &output)
            goesOn = taken == batch.count
            batch.count(upTo: taken, into: &cursor.counts, withheld: &withheld)
            batch.advance(to: taken, marks.span)
        }
        cursor.csv.skip(lines: cursor.counts.rows - rows)
        work += (batch.start - begin) / 2
        workshop.window.advance(marks: batch.firstMark - unused.lowerBound, to: batch.start)
        cursor.position = workshop.window.range.lowerBound + batch.start
    }

    // MARK: Copying

    /// Copies the cells of the rows that are sent.
    /// - Returns: how many rows are done with; behind them one has no room, or is the scanner's.
    private mutating func copy(
        _ batch: inout PlainBatch, _ text: Span<UInt8>, _ marks: Span<UInt32>,
        _ output: inout OutputSpan<UInt8>
    ) -> Int {
        let allowed = limit.map { max(0, $0 - cursor.sent) } ?? .max
        var run = CopyRun()
        var done = batch.count
        let (nullMarkers, owners) = (workshop.nullMarkers, filter?.owners)
        for index in 0..<batch.releasedCount {
            let number = batch.released(index)
            guard index < allowed else {
                done = number
                break
            }
            let row = batch.row(number, text, marks)
            let cells = marks.extracting(batch.cells(number, marks))
            if let owners, !batch.isKnown(number, row, text, cells, owners) {
                batch.withdraw(number)
                continue
            }
            let before = output.count + run.count
            let place = Int(batch.outcome(number))
            let isPlain = copy(
                row, text, cells, workshop.plans.sent(of: place), nullMarkers, &run, &output)
            run.take(UInt8(ascii: "\n"), text, to: &output)
            isFull = isPlain && output.count + run.count > Block.maximumBytes
            guard isPlain, !isFull else {
                run.flush(text, to: &output)
                output.removeLast(output.count - before)
                done = number
                break
            }
            noteSent(owners == nil ? nil : Int(batch.ordinal(number)), place)
        }
        run.flush(text, to: &output)
        return done
    }

    /// False if one of the cells is none of its field's type, or missing.
    @inline(__always)
    private func copy(
        _ row: PlainRow, _ text: Span<UInt8>, _ cells: Span<UInt32>, _ sent: Range<Int>,
        _ nullMarkers: NullMarkers, _ run: inout CopyRun, _ output: inout OutputSpan<UInt8>
    ) -> Bool {
        for index in sent {
            if index > sent.lowerBound { run.take(UInt8(ascii: ","), text, to: &output) }
            let asked = workshop.plans.sent[index]
            if asked.cell == Columns.unread { continue }
            let (start, end) = row.bounds(ofCell: asked.cell, cells)
            if !asked.isChecked, start < end, text[start] != UInt8(ascii: "\"") {
                run.take(text, start, end, to: &output)
                continue
            }
            let cell = PlainCell(text, start, end, nullMarkers)
            guard cell.isNull ? !asked.isRequired : asked.type.accepts(text.extracting(cell.value)) else {
                return false
            }
            if cell.isEmptyText, !cell.isNull {
                run.take(UInt8(ascii: "\""), text, to: &output)
                run.take(UInt8(ascii: "\""), text, to: &output)
            } else {
                let margin = cell.isWrittenBare(text) ? 1 : 0
                run.take(text, start + margin, end - margin, to: &output)
            }
        }
        return true
    }

    // MARK: Encoding

    /// Writes rows that are asked about, or that leave as objects.
    /// - Returns: as `copy`.
    private mutating func encode(
        _ batch: inout PlainBatch, _ text: Span<UInt8>, _ marks: Span<UInt32>,
        _ output: inout OutputSpan<UInt8>
    ) -> Int {
        let owners = filter?.owners
        for index in 0..<batch.releasedCount {
            let number = batch.released(index)
            if isAtLimit || isSpent { return number }
            let row = batch.row(number, text, marks)
            let cells = marks.extracting(batch.cells(number, marks))
            if let owners, !batch.isKnown(number, row, text, cells, owners) {
                batch.withdraw(number)
                continue
            }
            let place = Int(batch.outcome(number))
            guard workshop.encode(row, text, cells, place) else { return number }
            isFull = !write(place, owners == nil ? nil : Int(batch.ordinal(number)), &output)
            if isFull { return number }
        }
        return batch.count
    }
}
