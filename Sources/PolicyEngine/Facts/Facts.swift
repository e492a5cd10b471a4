import Model

/// Everything that an evaluation looks at. It looks nothing up: what is not here is not known.
struct Facts: Sendable {
    /// The IRIs of who asks and for what; nil where the request does not say.
    var assignee: String?
    var target: String?
    /// The IRI of the action; nil where the request does not say.
    var action: String?
    /// The time at which the action is exercised; nil where nobody says.
    var now: FactValue?
    var values: [LeftOperand: [FactValue]] = [:]
    /// Unit -> what was measured in it, where a request names the unit and not the operand.
    var measures: [String: [FactValue]] = [:]
    var world = World()
    var purposes: PurposeTree

    /// What is so, whoever asks.
    struct World: Sendable {
        /// Thing -> the collections, regions and groups that it is directly part of.
        var memberships: [String: Set<String>] = [:]
        /// Thing -> what is known of it, for refinements of collections.
        var attributes: [String: [LeftOperand: [FactValue]]] = [:]
        /// Thing -> the classes that the state says it is an instance of.
        var types: [String: Set<String>] = [:]
        /// What is said of things, behind right operands by reference.
        var things = Things()
        /// Duty -> what became of it.
        var duties: [String: DutyState] = [:]
    }

    /// The values of an operand; empty where there is none. Which day it is the clock says, whatever a
    /// request states.
    func values(of operand: LeftOperand) -> [FactValue] {
        if operand == .known(.dayOfWeek), now != nil { return dayOfWeek }
        if let given = values[operand] { return given }
        switch operand {
        case .known(.dateTime): return now.map { [$0] } ?? []
        case .known(.recipient): return assignee.map { [FactValue(.iri($0))] } ?? []
        case .known(.dayOfWeek): return dayOfWeek
        default: return []
        }
    }

    /// The classes that request or state say a value is an instance of.
    func types(of value: FactValue) -> [String] {
        guard !world.types.isEmpty else { return value.types }
        return value.types + (world.types[value.value.description] ?? [])
    }

    /// Everything that a thing is part of, itself left out.
    func containers(of thing: String) -> Set<String> {
        guard let direct = world.memberships[thing] else { return [] }
        var found: Set<String> = []
        var waiting = Array(direct)
        while let next = waiting.popLast() {
            if found.insert(next).inserted { waiting += world.memberships[next] ?? [] }
        }
        return found
    }

    /// English names, as W3C's formal semantics of ODRL writes them.
    private var dayOfWeek: [FactValue] {
        guard case .time(let time)? = now?.value else { return [] }
        // 1970-01-01 was a Thursday.
        let days = time.start >= 0 ? time.start / 86_400_000 : (time.start - 86_399_999) / 86_400_000
        return [FactValue(.text(Self.days[Int((days % 7 + 7) % 7)]))]
    }

    static let days = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
}

/// What became of a duty.
struct DutyState: Hashable, Sendable {
    enum Outcome: Hashable, Sendable { case open, fulfilled, violated }

    var outcome: Outcome
    /// Whether it was violated at some time: then its consequences are due too.
    var wasViolated = false
    /// When that was found; nil where nobody says.
    var date: Int64?
    /// How it was done, as far as known: compared with the duty's refinements.
    var values: [LeftOperand: [FactValue]] = [:]
    /// The IRIs of those who were paid, an empty one for somebody without; none where nobody says.
    var payees: [String] = []
    /// The IRI of the report that says so.
    var report: String?

    /// This and another report on the same duty: the later one says how it stands; of two without dates the
    /// one that says more was done, since a violation is remembered either way.
    func joined(with other: DutyState) -> DutyState {
        let isLater: Bool
        if let date, let mine = other.date {
            isLater = date > mine
        } else {
            isLater = outcome == .fulfilled || other.outcome == .open
        }
        var latest = isLater ? self : other
        latest.wasViolated = wasViolated || other.wasViolated
        return latest
    }
}
