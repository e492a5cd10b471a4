/// Who, what and how both a permission and a prohibition speak of.
struct CommonScope {
    var target: String
    var assignee: String
    var action: String
    /// Thing -> the collections that it must be part of for that.
    private(set) var memberships: [String: [String]] = [:]

    enum Finding {
        /// One for each way in which the actions that both name ask for different things.
        case found([CommonScope])
        /// There is nothing of which both speak.
        case none
        /// It depends on conditions on the members of collections.
        case unknown
    }

    private enum Common {
        case thing(String, collections: [String])
        case none, unknown
    }

    static func find(_ permission: CompiledRule, _ prohibition: CompiledRule) -> Finding {
        let both = [permission, prohibition]
        let parts = [
            common(both.map(\.target), or: WitnessWriter.anyTarget),
            common(both.map(\.assignee), or: WitnessWriter.anyParty),
        ]
        var things: [String] = []
        var memberships: [String: [String]] = [:]
        var isUnknown = false
        for part in parts {
            switch part {
            case .thing(let thing, let collections):
                things.append(thing)
                if !collections.isEmpty { memberships[thing, default: []] += collections }
            case .unknown: isUnknown = true
            case .none: return .none
            }
        }
        let actions = actions(permission, prohibition)
        guard !actions.isEmpty else { return .none }
        guard !isUnknown, things.count == 2 else { return .unknown }
        return .found(
            actions.map { action in
                CommonScope(
                    target: things[0], assignee: things[1], action: action, memberships: memberships)
            })
    }

    private static let names = ActionTree.names.sorted().map(ODRL.term)

    /// Actions of which both rules speak, one for each choice of the rules' own that cover it. What a
    /// prohibition names and nobody understands might be what is permitted.
    private static func actions(_ permission: CompiledRule, _ prohibition: CompiledRule) -> [String] {
        let both = [permission.action, prohibition.action]
        var (sure, unsure): ([String], [String]) = ([], [])
        var seen: Set<[Int]> = []
        for name in both.flatMap({ $0.members.map(\.iri) }) + names {
            guard permission.action.truth(of: name) == .yes else { continue }
            let other = prohibition.action.truth(of: name)
            guard other != .no, seen.insert(both.flatMap { [-1] + $0.covering(name) }).inserted else {
                continue
            }
            if other == .yes { sure.append(name) } else { unsure.append(name) }
        }
        return sure + unsure
    }

    /// One of those named or another, which then may be a member of every collection that is named.
    private static func common(_ premises: [Premise], or other: String) -> Common {
        let candidates = premises.flatMap(\.iris) + [other]
        var facts = Facts(purposes: .empty)
        if let thing = candidates.first(where: { isMeant($0, premises, facts) == .yes }) {
            return .thing(thing, collections: [])
        }
        let collections = premises.flatMap(\.members).filter(\.isCollection)
            .flatMap { [$0.iri] + $0.sources }
        var isUnknown = false
        for thing in candidates {
            facts.world.memberships = collections.isEmpty ? [:] : [thing: Set(collections)]
            switch isMeant(thing, premises, facts) {
            case .yes: return .thing(thing, collections: collections)
            case .unknown: isUnknown = true
            case .no: break
            }
        }
        return isUnknown ? .unknown : .none
    }

    private static func isMeant(_ thing: String, _ premises: [Premise], _ facts: Facts) -> Truth {
        premises.reduce(Truth.yes) { $0 && $1.truth(of: thing, facts, .strict) }
    }
}
