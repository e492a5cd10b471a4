import Model

/// A condition made ready for the rows of one version: tests in a row, each of which says where to go on.
///
/// Only whether a condition is true matters for a row, not whether it is else false or unknown. So negations
/// are worked into the tests (`not (a and b)` is `not a or not b` in three-valued logic too), and a test of
/// something unknown is simply not true. Evaluation makes no copy of any value and cannot loop: every step
/// leads to a lower one.
struct ConditionProgram: Sendable {
    /// A value to compare with, made ready once.
    struct Constant: Sendable {
        /// Of its characters, digits or fraction, in the pool.
        var bytes: Range<Int>
        var sign = 0
        /// Of a number its exponent, of a time its seconds.
        var magnitude = 0
    }

    enum Kind: UInt8, Sendable { case isNull, text, number, time }

    struct Step: Sendable {
        var kind: Kind
        /// Bits of `ValueOrder` for which the test is true. Of a null test: equal for null, less for a value.
        var passing: UInt8
        var field: Int
        /// More than one, ascending, where a list is searched; then only equality is asked about.
        var constants: Range<Int>
        var ifTrue: Int
        var otherwise: Int
        /// Whether the owner of the rows at hand granted the field.
        var isGranted = true
        /// Whether the condition can be true for rows at hand, from this step on.
        var canAccept = true
    }

    /// Where a row is sent, and where it is not.
    static let accept = -1
    static let reject = -2

    /// What a step costs besides the bytes that it looks at.
    private static let workPerStep = 32

    private var steps: [Step]
    private let constants: [Constant]
    private let pool: [UInt8]
    private let entry: Int
    /// By stored position: the position by which grants name the field; nil if it is the same.
    private let granted: [Int]?

    /// - Throws: `ClientFault` for a field that is none of these, and for a value that is none of its type.
    init(
        _ condition: Condition, fields: [Field], grantedAs granted: [Int]? = nil
    ) throws(ClientFault) {
        self.granted = granted
        var compiler = ConditionCompiler(fields)
        entry = try compiler.emit(
            condition.root, isNegated: false, ifTrue: Self.accept, otherwise: Self.reject)
        steps = compiler.steps
        constants = compiler.constants
        pool = compiler.pool
    }

    /// How many steps there are.
    var count: Int { steps.count }

    /// Whether any row of an owner with the fields at hand can match.
    var canMatch: Bool { steps[entry].canAccept }

    /// Turns to the rows of an owner who granted these fields; nil for all fields.
    mutating func select(_ set: FieldSet?) {
        for index in steps.indices {
            let step = steps[index]
            steps[index].isGranted = set?.contains(granted?[step.field] ?? step.field) ?? true
            steps[index].canAccept =
                steps[index].isGranted && leadsOn(step.ifTrue) || leadsOn(step.otherwise)
        }
    }

    private func leadsOn(_ target: Int) -> Bool {
        target < 0 ? target == Self.accept : steps[target].canAccept
    }

    /// Whether the condition is true for a row of the block.
    /// - Parameter work: what it cost is added, about in bytes.
    @inline(__always)
    func matches(_ block: Span<UInt8>, _ layout: BlockLayout, _ row: Int, work: inout Int) -> Bool {
        let steps = steps.span
        let rowStart = layout.rowStart(block, row)
        var next = entry
        while next >= 0 {
            let step = steps[next]
            work += Self.workPerStep
            guard step.isGranted else {
                next = step.otherwise
                continue
            }
            let isNull = layout.isNull(block, row, step.field)
            let isTrue: Bool
            if step.kind == .isNull {
                isTrue = step.passing & (isNull ? ValueOrder.equal : ValueOrder.less).rawValue != 0
            } else if isNull {
                isTrue = false
            } else {
                let start = rowStart + layout.cellStart(block, row, step.field)
                let cell = start..<rowStart + layout.cellEnd(block, row, step.field)
                work += cell.count
                let order = order(block, unquoted(block, cell), step, work: &work)
                isTrue = step.passing & order.rawValue != 0
            }
            next = isTrue ? step.ifTrue : step.otherwise
        }
        return next == Self.accept
    }

    @inline(__always)
    private func unquoted(_ block: Span<UInt8>, _ cell: Range<Int>) -> Range<Int> {
        let isQuoted = cell.count > 1 && block[cell.lowerBound] == UInt8(ascii: "\"")
        return isQuoted ? cell.lowerBound + 1..<cell.upperBound - 1 : cell
    }

    // MARK: Comparing

    /// How a value stands to a step's constant; of a list, whether it is in it.
    @inline(__always)
    private func order(_ block: Span<UInt8>, _ value: Range<Int>, _ step: Step, work: inout Int) -> ValueOrder
    {
        if step.constants.count == 1 {
            return order(block, value, step.kind, constants.span[step.constants.lowerBound])
        }
        return search(block, value, step, work: &work)
    }

    /// By halving.
    private func search(_ block: Span<UInt8>, _ value: Range<Int>, _ step: Step, work: inout Int)
        -> ValueOrder
    {
        var range = step.constants
        while !range.isEmpty {
            work += Self.workPerStep + value.count
            let middle = (range.lowerBound + range.upperBound) / 2
            switch order(block, value, step.kind, constants.span[middle]) {
            case .equal: return .equal
            case .less: range = range.lowerBound..<middle
            case .greater: range = middle + 1..<range.upperBound
            }
        }
        return .less
    }

    @inline(__always)
    private func order(
        _ block: Span<UInt8>, _ value: Range<Int>, _ kind: Kind, _ constant: Constant
    ) -> ValueOrder {
        Self.order(block, value, kind, to: constant, in: pool.span)
    }

    /// How `text[value]` of a kind stands to a constant whose bytes are in `pool`.
    @inline(__always)
    static func order(
        _ text: Span<UInt8>, _ value: Range<Int>, _ kind: Kind, to constant: Constant, in pool: Span<UInt8>
    ) -> ValueOrder {
        switch kind {
        case .isNull, .text: order(text, value, pool, constant.bytes)
        case .number:
            NumberText(text, value).order(
                text, toSign: constant.sign, constant.magnitude, pool, constant.bytes)
        case .time:
            TimeText(text, value)?.order(text, toSeconds: constant.magnitude, pool, constant.bytes) ?? .less
        }
    }

    /// By bytes. A quote in a stored cell is always the first of two, which stand for one.
    @inline(__always)
    private static func order(
        _ text: Span<UInt8>, _ value: Range<Int>, _ pool: Span<UInt8>, _ other: Range<Int>
    ) -> ValueOrder {
        var left = value.lowerBound
        var right = other.lowerBound
        while left < value.upperBound, right < other.upperBound {
            let byte = text[left]
            guard byte == pool[right] else { return byte < pool[right] ? .less : .greater }
            left += byte == UInt8(ascii: "\"") ? 2 : 1
            right += 1
        }
        if left < value.upperBound { return .greater }
        return right < other.upperBound ? .less : .equal
    }
}
