import Model

/// Fills one block with the rows that one snapshot releases, in the order in which they arrived.
///
/// Every row is looked for by itself, withheld ones too, so it gives way after a bounded number of them.
/// `ReadPosition.row` is a place in the order of arrival here.
struct ArrivalAssembler: RowAssembler, ~Copyable {
    private let version: StoredVersion
    /// Nil for an open dataset: all rows are released.
    private let snapshot: OwnerFilterSnapshot?
    /// Nil to send what is released whenever it came.
    private let delta: Delta?
    private var projection: Projection
    private var selection: RowSelection
    /// The field set for which projection and selection are set up; below 0 for none.
    private var scope = -1
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

    /// Writes rows until the block is full, the rows are at an end, or it is time to give way.
    mutating func fill(_ output: inout OutputSpan<UInt8>) throws {
        while position.segment < version.segments.count, !selection.isAtLimit {
            let segment = version.segments[position.segment]
            let order = try segment.arrivalOrder()
            let firstNew = delta.map { $0.firstSequence - segment.manifest.firstSequence } ?? 0
            if delta?.renewed.isEmpty == true {
                position.row = max(position.row, min(firstNew, order.count))
            }
            while position.row < order.count {
                let row = order[position.row]
                selection.beginLookup()
                let isNew = position.row >= firstNew
                if row != .max, try !write(Int(row), isNew: isNew, of: segment, to: &output) { return }
                position.row += 1
                if selection.isAtLimit { break }
                if selection.isSpent { return }
            }
            if position.row == order.count {
                position.segment += 1
                position.row = 0
            }
        }
        isAtEnd = true
    }

    /// - Parameter isNew: whether it is sent whoever owns it.
    /// - Returns: false if there is no room for the row.
    private mutating func write(
        _ row: Int, isNew: Bool, of segment: StoredSegment, to output: inout OutputSpan<UInt8>
    ) throws -> Bool {
        let block = segment.blocks.block(of: row)
        let layout = segment.blocks.layout(block)
        let place = row - segment.blocks.firstRows[block]
        return try segment.withBlock(block) { bytes in
            let stored = layout.runs == 0 ? nil : layout.runOwner(bytes, layout.run(bytes, of: place))
            guard isNew || stored.map({ delta?.renewed.contains($0) == true }) == true else { return true }
            let division = stored.flatMap { snapshot?.tenancies?.table.place(of: $0) }
            let owner = division.map { self.owner(ofRow: place, under: $0, bytes, layout) } ?? stored
            guard isReleased(owner), selection.canMatch
            else { return true }
            let part = projection.write(
                bytes, layout, rows: place..<place + 1, selection: &selection, to: &output)
            guard part.passed == 1 else {
                // Ingest takes no row that an empty block could not hold.
                guard output.count > 0 || selection.isAtLimit || selection.isSpent else {
                    throw DataPlaneError.corrupt(file: segment.manifest.rowsFile, block: block)
                }
                return false
            }
            position.sent += part.written
            rows += part.written
            if part.written > 0, let stored, let owner {
                note(stored, division.flatMap { snapshot?.tenancies?.table.span(owner, of: $0) })
            }
            return true
        }
    }

    /// Whose a row of a divided key is: the ordinal of a period, or nobody's.
    private mutating func owner(
        ofRow row: Int, under place: PeriodTable.Place, _ block: Span<UInt8>, _ layout: BlockLayout
    ) -> UInt32? {
        selection.lookUpTimes(of: 1)
        return snapshot?.tenancies?.table.owner(ofRow: row, under: place, block, layout)
    }

    /// - Parameter owner: nil in an open dataset.
    private mutating func isReleased(_ owner: UInt32?) -> Bool {
        guard let snapshot, let owner else {
            guard snapshot == nil else { return false }
            if scope >= 0 { return true }
            scope = 0
            selection.select(nil)
            return projection.select(nil)
        }
        guard let next = snapshot.scope(ofRun: owner) else { return false }
        if next == scope { return true }
        scope = -1
        let fields = snapshot.fields(ofScope: next)
        guard projection.select(fields) else { return false }
        selection.select(fields)
        scope = next
        return true
    }

    private mutating func note(_ stored: UInt32, _ period: DataSpan?) {
        guard let fields = snapshot?.fields(ofScope: scope) else { return }
        if let last = delivered.last, last.ordinal == stored, last.period == period {
            delivered[delivered.count - 1].rows += 1
        } else {
            delivered.append(DeliveredRun(ordinal: stored, rows: 1, fields: fields, period: period))
        }
    }
}
