import Model

/// The plans for the field sets that were met, found by their numbers in a filter.
///
/// Bounded, however many sets there are: when there are too many all are made anew. That happens only where
/// nobody holds the place of one, between two batches of rows.
struct ReleasePlans: Sendable {
    /// Of numbers that are found without a search.
    private static let entryCount = 1_024
    /// Steps of conditions, of all plans together.
    private static let maximumSteps = 65_536

    private struct Entry: BitwiseCopyable {
        var scope = -1
        /// The filter snapshot for which it was looked at.
        var serial = 0
        var place: Int32 = 0
        /// As of `PlainBatch.Outcome`.
        var outcome: Int32 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: entryCount)
    private var plans: [ReleasePlan] = []
    /// Of all plans, by place: the cells that are sent.
    private(set) var sent: [RowEncoder.PlainField] = []
    private let question: ReleaseQuestion
    private let width: Int
    private let maximumCount: Int
    /// Where the fields are; they must be known before anything is asked.
    var columns: UpstreamColumns?
    private var serial = 0

    init(_ question: ReleaseQuestion) {
        self.question = question
        width = question.width
        maximumCount = max(64, min(Self.entryCount, Self.maximumSteps / max(1, question.stepCount)))
    }

    /// Turns to another filter, where a number may mean another set.
    mutating func turn() { serial += 1 }

    var isFull: Bool { plans.count >= maximumCount }

    mutating func clear() {
        plans.removeAll()
        sent.removeAll()
        serial += 1
    }

    /// What an owner granted whose rows leave by this plan; nil for all fields.
    @inline(__always)
    func granted(at place: Int) -> FieldSet? { plans[place].granted }

    subscript(place: Int) -> ReleasePlan { plans[place] }

    /// What is done with the rows of an owner with this scope: the place of their plan, or why none is sent.
    @inline(__always)
    mutating func outcome(_ scope: Int, _ grants: OwnerFilterSnapshot?) -> Int32 {
        let index = scope & (Self.entryCount - 1)
        if entries[index].scope != scope || entries[index].serial != serial {
            take(scope, grants?.fields(ofScope: scope), index)
        }
        return entries[index].outcome
    }

    /// Where the sent cells of the plan lie in `sent`.
    @inline(__always)
    func sent(of place: Int) -> Range<Int> { place &* width..<(place &+ 1) &* width }

    private mutating func take(_ scope: Int, _ granted: FieldSet?, _ index: Int) {
        var place = Int(entries[index].place)
        if entries[index].scope != scope || place >= plans.count || plans[place].granted != granted {
            guard let columns else { return entries[index] = Entry(outcome: PlainBatch.Outcome.withheld) }
            place = plans.count
            let plan = question.plan(granted, columns)
            plans.append(plan)
            sent += question.sent(plan)
        }
        let plan = plans[place]
        let isMatchable = plan.program?.canMatch ?? true
        entries[index] = Entry(
            scope: scope, serial: serial, place: Int32(place),
            outcome: !plan.isReleased
                ? PlainBatch.Outcome.withheld : isMatchable ? Int32(place) : PlainBatch.Outcome.unmatched)
    }
}
