public import Model

/// Policies evaluated as far as possible before anyone asks: with a request in hand but for its time, its
/// fields and the owner of the rows. What is left is a table of times and one look-up of the owner's grant.
///
/// This is partial evaluation with the owner unknown. Every question it answers gets the answer that
/// `PolicyEngine.decide` gives, and then needs the owner's grant.
public struct DecisionProgram: Sendable {
    /// The short form of a decision about one owner's rows.
    public enum Verdict: UInt8, Sendable {
        case permit
        /// The policies do not permit what is asked, now.
        case policyDenies
        /// The owner grants nothing that is asked, now.
        case notGranted
    }

    /// What holds from a time on, to the next segment.
    private struct Segment: Sendable {
        var start: Int64
        /// Which fields the policies permit.
        var fields: FieldMask
    }

    /// Ascending; the first begins before all time.
    private let segments: [Segment]
    /// What holds for owners whom policies name.
    private let exceptions: [OwnerKey: [Segment]]
    /// The names of the fields, by position.
    public let fields: [String]

    /// Compiles layers for one kind of request.
    ///
    /// - Parameters:
    ///   - request: who asks for what and why; its fields do not matter.
    ///   - fields: all fields of the dataset, by position.
    ///   - owner: the key of an owner whom a policy names by IRI; nil for one without rows here.
    /// - Returns: nil if the policies ask for what changes otherwise than at points in time, such as the day
    ///   of the week, or for more fields than a mask holds; then each request is decided by itself.
    public static func compile(
        _ request: PolicyRequest, under layers: [PolicyLayer], fields: [String],
        owner: (String) -> OwnerKey?
    ) -> DecisionProgram? {
        guard fields.count <= FieldMask.capacity, let borders = borders(layers) else { return nil }
        let named = ownersNamed(layers)
        func segments(of owner: String?) -> [Segment] {
            borders.map { start in
                let allowed = fields.indices.filter {
                    permits(request, fields[$0], layers, Instant(milliseconds: start), owner)
                }
                return Segment(start: start, fields: FieldMask(allowed))
            }
        }
        var exceptions: [OwnerKey: [Segment]] = [:]
        for iri in named {
            guard let key = owner(iri) else { continue }
            exceptions[key] = segments(of: iri)
        }
        return DecisionProgram(
            segments: segments(of: named.isEmpty ? nil : "urn:sluis:another-owner"), exceptions: exceptions,
            fields: fields)
    }

    private init(segments: [Segment], exceptions: [OwnerKey: [Segment]], fields: [String]) {
        self.segments = segments
        self.exceptions = exceptions
        self.fields = fields
    }

    // MARK: Deciding

    /// The fields of an owner's rows that may flow of those asked; allocates nothing.
    @inline(__always)
    public func permitted(_ asked: FieldMask, of owner: OwnerKey, at now: Int64, _ grants: GrantIndex)
        -> FieldMask
    {
        let allowed = policyFields(of: owner, at: now).intersection(asked)
        return allowed.isEmpty ? allowed : allowed.intersection(grants.fields(of: owner, at: now))
    }

    /// Whether rows of an owner may flow, with at least one of the fields asked, all of which the policies
    /// must permit; allocates nothing.
    @inline(__always)
    public func decide(_ asked: FieldMask, of owner: OwnerKey, at now: Int64, _ grants: GrantIndex) -> Verdict
    {
        guard !asked.isEmpty, policyFields(of: owner, at: now).intersection(asked) == asked else {
            return .policyDenies
        }
        return grants.fields(of: owner, at: now).intersection(asked).isEmpty ? .notGranted : .permit
    }

    /// The bitmap of whose rows may flow, over the owners of a dataset in the order of their numbers.
    public func filter(_ asked: FieldMask, owners: [OwnerKey], at now: Instant, _ grants: GrantIndex)
        -> OwnerBitmap
    {
        var bitmap = OwnerBitmap(count: owners.count)
        for (number, owner) in owners.enumerated()
        where decide(asked, of: owner, at: now.milliseconds, grants) == .permit {
            bitmap[number] = true
        }
        return bitmap
    }

    @inline(__always)
    private func policyFields(of owner: OwnerKey, at now: Int64) -> FieldMask {
        if !exceptions.isEmpty, let own = exceptions[owner] { return Self.fields(own, at: now) }
        return Self.fields(segments, at: now)
    }

    @inline(__always)
    private static func fields(_ segments: [Segment], at now: Int64) -> FieldMask {
        var (low, high) = (0, segments.count)
        while high &- low > 1 {
            let middle = (low &+ high) / 2
            if segments[middle].start <= now { low = middle } else { high = middle }
        }
        return segments[low].fields
    }

    /// For how long nothing but the request decides: from when on and until when, exclusive, layers say of
    /// one request what they say at `now`.
    ///
    /// - Returns: nil if they ask for more than the request, the consumer and the time, or for what changes
    ///   otherwise than at points in time.
    public static func steadySpan(of layers: [PolicyLayer], at now: Instant) -> Range<Instant>? {
        let rules = layers.flatMap { $0.policy.permissions + $0.policy.prohibitions }
        let asked = rules.flatMap(tests)
        let known: Set<LeftOperand> = [
            .known(.purpose), .known(.field), .known(.legalBasis), .known(.recipient), .known(.dateTime),
        ]
        guard asked.allSatisfy({ known.contains($0.operand) && $0.anchor == nil && $0.references.isEmpty }),
            rules.allSatisfy({ ($0.target.members + $0.assignee.members).allSatisfy(\.refinements.isEmpty) }),
            let borders = borders(layers)
        else { return nil }
        let start = borders.last { $0 <= now.milliseconds } ?? .min
        let end = borders.first { $0 > now.milliseconds } ?? .max
        return Instant(milliseconds: start)..<Instant(milliseconds: end)
    }

    /// Everything that a rule asks.
    private static func tests(of rule: CompiledRule) -> [CompiledConstraint.Test] {
        conditions(of: rule).flatMap(\.leaves).compactMap(\.test)
    }

    private static func conditions(of rule: CompiledRule) -> [CompiledCondition] {
        rule.constraints + rule.action.members.flatMap(\.refinements)
            + rule.duties.flatMap { $0.constraints + $0.refinements }
    }

    // MARK: Compiling

    /// The points in time at which an answer may change, before all time first; nil if there are others.
    private static func borders(_ layers: [PolicyLayer]) -> [Int64]? {
        var borders: Set<Int64> = [Instant(milliseconds: .min).milliseconds]
        for rule in layers.flatMap({ $0.policy.permissions + $0.policy.prohibitions }) {
            for test in tests(of: rule) {
                guard test.operand.kind == .time else {
                    if test.operand == .known(.timeInterval) || test.operand == .known(.dayOfWeek) {
                        return nil
                    }
                    continue
                }
                guard test.references.isEmpty else { return nil }
                for case .time(let time) in test.right { borders.formUnion([time.start, time.end]) }
            }
        }
        return borders.sorted()
    }

    private static func ownersNamed(_ layers: [PolicyLayer]) -> Set<String> {
        var named: Set<String> = []
        for rule in layers.flatMap({ $0.policy.permissions + $0.policy.prohibitions }) {
            for test in rule.constraints.flatMap(\.leaves).compactMap(\.test)
            where test.operand == .known(.owner) {
                for case .iri(let iri) in test.right { named.insert(iri) }
            }
        }
        return named
    }

    private static func permits(
        _ request: PolicyRequest, _ field: String, _ layers: [PolicyLayer], _ now: Instant, _ owner: String?
    ) -> Bool {
        layers.allSatisfy { layer in
            let request = PolicyRequest(
                assignee: request.assignee, target: request.target, action: request.action,
                purpose: request.purpose, legalBasis: request.legalBasis, fields: [field])
            var facts = Facts(request, at: now, purposes: layer.policy.purposes)
            if let owner { facts.values[.known(.owner)] = [FactValue(.iri(owner))] }
            return layer.policy.kind == layer.expectedKind && layer.policy.purposes.isKnown(request.purpose)
                && layer.policy.permits(facts, .strict)
        }
    }
}

extension CompiledPolicy {
    /// Whether the policy permits, without a word about why.
    func permits(_ facts: Facts, _ reading: EvaluationReading) -> Bool {
        guard unknowns.isEmpty, permissions.contains(where: { $0.truth(of: facts, reading) == .yes }) else {
            return false
        }
        return conflict == .perm || !prohibitions.contains { $0.truth(of: facts, reading) != .no }
    }
}
