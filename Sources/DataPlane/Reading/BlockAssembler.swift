/// Fills one block with the rows that one snapshot releases, from a position on.
struct BlockAssembler: RowAssembler, ~Copyable {
    private let version: StoredVersion
    /// Nil for an open dataset: all rows are released.
    private let snapshot: OwnerFilterSnapshot?
    /// Nil to send what is released whenever it came.
    private let delta: Delta?
    private var projection: Projection
    private var selection: RowSelection
    /// The field set for which the projection is set up.
    private var scope: Int?
    /// No owner from the one asked for last up to here has a grant.
    private var nextGranted = 0
    private(set) var position: ReadPosition
    private(set) var delivered: [DeliveredRun] = []
    private(set) var rows = 0
    /// Whether nothing is released behind what was written.
    private(set) var isAtEnd = false

    init(
        version: StoredVersion, snapshot: OwnerFilterSnapshot?, delta: Delta?, projection: Projection,
        selection: RowSelection, position: ReadPosition
    ) {
        self.version = version
        self.snapshot = snapshot
        self.delta = delta
        self.projection = projection
        self.selection = selection
        self.position = position
    }

    /// Writes rows until the block is full, the rows are at an end, or it has looked at so many that it is
    /// time to give way.
    mutating func fill(_ output: inout OutputSpan<UInt8>) throws {
        while position.segment < version.segments.count, !selection.isAtLimit {
            let segment = version.segments[position.segment]
            nextGranted = 0
            while position.block < segment.blocks.count {
                guard try writeBlock(of: segment, to: &output) else {
                    isAtEnd = selection.isAtLimit
                    return
                }
                position.block += 1
                position.row = 0
                if selection.isSpent { return }
            }
            position.segment += 1
            position.block = 0
        }
        isAtEnd = true
    }

    // MARK: Which rows

    /// - Returns: false if there is no room for all that is released of the block, or no more is wanted now.
    private mutating func writeBlock(
        of segment: StoredSegment, to output: inout OutputSpan<UInt8>
    ) throws -> Bool {
        let layout = segment.blocks.layout(position.block)
        guard let snapshot else {
            guard projection.select(nil) else { return true }
            selection.select(nil)
            selection.beginBlock(layout)
            return try segment.withBlock(position.block) { bytes in
                try write(position.row..<layout.rows, of: bytes, layout, to: &output)
            }
        }
        let owners = segment.blocks.entries[position.block].owners
        let part = delta?.part(of: segment.manifest) ?? .all
        if part == .none, delta?.renewed.contains(anyOf: owners) == false { return true }
        let mayBeDivided = snapshot.tenancies?.divided.contains(anyOf: owners) == true
        guard mayBeDivided || mayRelease(owners, snapshot) else { return true }
        selection.beginBlock(layout)
        return try segment.withBlock(position.block) { bytes in
            try writeRuns(of: bytes, layout, part, snapshot, to: &output)
        }
    }

    /// Whether any of these owners has a grant; looks at the filter's bits, not at rows. Owners ascend from
    /// block to block.
    private mutating func mayRelease(
        _ owners: ClosedRange<UInt32>, _ snapshot: OwnerFilterSnapshot
    ) -> Bool {
        if nextGranted < Int(owners.lowerBound) {
            nextGranted = snapshot.firstGranted(from: Int(owners.lowerBound)) ?? .max
        }
        return nextGranted <= Int(owners.upperBound)
    }

    /// Writes neighbouring runs of owners who granted the same fields in one go; one by one if of each any
    /// number of rows may be wanted.
    private mutating func writeRuns(
        of block: Span<UInt8>, _ layout: BlockLayout, _ part: Delta.Part, _ snapshot: OwnerFilterSnapshot,
        to output: inout OutputSpan<UInt8>
    ) throws -> Bool {
        var run = position.row == 0 ? 0 : layout.run(block, of: position.row)
        while run < layout.runs {
            if let table = snapshot.tenancies?.table, let place = table.place(of: layout.runOwner(block, run))
            {
                let end = layout.runEnd(block, run)
                guard try writeDivided(place, to: end, of: block, layout, table, snapshot, to: &output) else {
                    return false
                }
                run += 1
                continue
            }
            guard let scope = snapshot.scope(ofRun: layout.runOwner(block, run)), select(scope, snapshot)
            else {
                position.row = layout.runEnd(block, run)
                run += 1
                continue
            }
            let first = run
            selection.select(from: firstPlace(of: layout.runOwner(block, run), part))
            run += 1
            while part == .all, !selection.looksAtRows, run < layout.runs,
                snapshot.scope(ofRun: layout.runOwner(block, run)) == scope
            { run += 1 }
            let start = position.row
            let end = layout.runEnd(block, run - 1)
            let sent = position.sent
            let isWhole = try write(start..<end, of: block, layout, to: &output)
            let fields = snapshot.fields(ofScope: scope)
            if first + 1 == run {
                note(layout.runOwner(block, first), rows: position.sent - sent, fields)
            } else {
                note(first..<run, of: block, layout, from: start, fields)
            }
            if !isWhole { return false }
        }
        return true
    }

    /// Writes what is released of a run whose key is divided by time, from the position on.
    ///
    /// Nobody goes on from an earlier read where keys are divided: which rows are sent does not depend on
    /// when they came.
    private mutating func writeDivided(
        _ place: PeriodTable.Place, to end: Int, of block: Span<UInt8>, _ layout: BlockLayout,
        _ table: PeriodTable, _ snapshot: OwnerFilterSnapshot, to output: inout OutputSpan<UInt8>
    ) throws -> Bool {
        guard place.ordinals.contains(where: { snapshot.scope(Int($0)) != nil }) else {
            position.row = end
            return true
        }
        selection.select(from: 0)
        while position.row < end {
            let part = table.run(position.row..<end, under: place, block, layout)
            selection.lookUpTimes(of: part.end - position.row)
            guard let scope = snapshot.scope(ofRun: part.owner), select(scope, snapshot) else {
                position.row = part.end
                continue
            }
            let sent = position.sent
            let isWhole = try write(position.row..<part.end, of: block, layout, to: &output)
            note(
                DeliveredRun(
                    ordinal: place.stored, rows: position.sent - sent,
                    fields: snapshot.fields(ofScope: scope), period: table.span(part.owner, of: place)))
            if !isWhole { return false }
        }
        return true
    }

    /// The place of a segment from which on an owner's rows are sent.
    private func firstPlace(of owner: UInt32, _ part: Delta.Part) -> Int {
        switch part {
        case .all: 0
        case _ where delta?.renewed.contains(owner) == true: 0
        case .some(let firstPlace): firstPlace
        case .none: .max
        }
    }

    private mutating func select(_ next: Int, _ snapshot: OwnerFilterSnapshot) -> Bool {
        if next == scope { return true }
        scope = nil
        guard projection.select(snapshot.fields(ofScope: next)) else { return false }
        selection.select(snapshot.fields(ofScope: next))
        scope = next
        return true
    }

    /// Notes to whose rows what was written belongs: those of the runs from `start` to the position.
    private mutating func note(
        _ runs: Range<Int>, of block: Span<UInt8>, _ layout: BlockLayout, from start: Int,
        _ fields: FieldSet
    ) {
        var row = start
        for run in runs where row < position.row {
            let end = min(layout.runEnd(block, run), position.row)
            note(layout.runOwner(block, run), rows: end - row, fields)
            row = end
        }
    }

    private mutating func note(_ owner: UInt32, rows count: Int, _ fields: FieldSet) {
        note(DeliveredRun(ordinal: owner, rows: count, fields: fields))
    }

    private mutating func note(_ run: DeliveredRun) {
        guard run.rows > 0 else { return }
        if let last = delivered.last, last.ordinal == run.ordinal, last.fields == run.fields,
            last.period == run.period
        {
            delivered[delivered.count - 1].rows += run.rows
        } else {
            delivered.append(run)
        }
    }

    // MARK: Copying

    /// Writes the wanted ones of some rows, as many as fit, and moves the position behind them.
    /// - Returns: whether it went past all of them, and may go on.
    private mutating func write(
        _ range: Range<Int>, of block: Span<UInt8>, _ layout: BlockLayout, to output: inout OutputSpan<UInt8>
    ) throws -> Bool {
        selection.beginRun()
        guard selection.canMatch else {
            position.row = range.upperBound
            return !selection.isSpent
        }
        let part = projection.write(block, layout, rows: range, selection: &selection, to: &output)
        position.row += part.passed
        position.sent += part.written
        rows += part.written
        // Ingest takes no row that an empty block could not hold.
        guard part.passed > 0 || output.count > 0 || range.isEmpty || selection.isSpent || selection.isAtLimit
        else {
            throw DataPlaneError.corrupt(
                file: version.manifest.segments[position.segment].rowsFile, block: position.block)
        }
        return part.passed == range.count && !selection.isSpent && !selection.isAtLimit
    }
}
