/// Which of the rows that their owners released one read wants: those for which its condition is true, and no
/// more than its limit.
///
/// It counts what looking costs, so that a read that finds nothing still gives way to others: the filter can
/// change and the event loop turn between two of its blocks.
struct RowSelection: Sendable {
    /// About in bytes: half a millisecond.
    static let maximumWork = 512 << 10
    /// What turning to the next owner costs besides his rows.
    private static let workPerRun = 64
    /// What asking for the time of a row costs.
    private static let workPerTime = 16
    /// So that no more than 4 MiB of text are passed, however little of it is looked at.
    private static let textBytesPerWork = 8

    private var program: ConditionProgram?
    /// What must hold of every row besides, whatever its owner granted.
    private let bounds: ConditionProgram?
    /// Rows of the owner at hand that came before this place of the segment are not sent; 0 for all rows.
    private var firstPlace = 0
    /// How many more rows may be sent; nil for any number.
    private var remaining: Int?
    private var work = 0

    /// - Parameters:
    ///   - bounds: with all fields selected.
    ///   - limit: of the whole read; nil for none.
    ///   - sent: how many rows of it were sent already.
    init(_ program: ConditionProgram?, bounds: ConditionProgram?, limit: Int?, sent: Int) {
        self.program = program
        self.bounds = bounds
        remaining = limit.map { max(0, $0 - sent) }
    }

    /// Whether no more rows may be sent.
    var isAtLimit: Bool { remaining == 0 }
    /// Whether it has looked at enough for one block.
    var isSpent: Bool { work >= Self.maximumWork }
    /// Whether rows are looked at at all.
    var looksAtRows: Bool { program != nil || bounds != nil || firstPlace > 0 }
    /// Whether any row of the owner at hand can be wanted.
    var canMatch: Bool { (program?.canMatch ?? true) && firstPlace < .max }

    /// Turns to the rows of an owner who granted these fields; nil for all fields.
    mutating func select(_ granted: FieldSet?) {
        program?.select(granted)
        work += program?.count ?? 0
    }

    /// Turns to the rows of an owner that came at this place of the segment or later.
    mutating func select(from place: Int) { firstPlace = place }

    /// Takes note of a run of rows that is begun.
    mutating func beginRun() { work += looksAtRows ? Self.workPerRun : 0 }

    /// Takes note of rows whose time was asked for.
    mutating func lookUpTimes(of rows: Int) { work += Self.workPerTime * rows }

    /// Takes note of a row that is looked for by itself, wanted or not.
    mutating func beginLookup() { work += Self.workPerRun }

    /// Takes note of a stored block that is begun, and may have to be read and checked; it may hold nothing
    /// that is released, also without a condition.
    mutating func beginBlock(_ layout: BlockLayout) {
        work += layout.textBytes / Self.textBytesPerWork
    }

    /// How many of so many wanted rows may be sent.
    func allowed(_ count: Int) -> Int { remaining.map { min($0, count) } ?? count }

    mutating func send(_ count: Int) { remaining = remaining.map { $0 - count } }

    /// Whether a row is wanted; only for a selection that looks at rows.
    @inline(__always)
    mutating func matches(_ block: Span<UInt8>, _ layout: BlockLayout, _ row: Int) -> Bool {
        if firstPlace > 0 {
            work += 1
            if layout.sequenceNumber(block, row) < firstPlace { return false }
        }
        if let bounds, !bounds.matches(block, layout, row, work: &work) { return false }
        return program?.matches(block, layout, row, work: &work) ?? true
    }
}
