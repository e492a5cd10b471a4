/// Who, what and how both a permission and a prohibition speak of.
struct CommonScope {
    var target: String
    var assignee: String
    var action: String
    /// Thing -> the collections that it must be part of for that.
    private(set) var memberships: [String: [String]] = [:]

    enum Finding {
        case found(CommonScope)
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
        let names = both.flatMap { $0.action.members.map(\.iri) } + ActionTree.names.sorted().map(ODRL.term)
        let action =
            names.first { candidate in both.allSatisfy { $0.action.truth(of: candidate) == .yes } }
            // What a prohibition names and nobody understands might be what is permitted.
            ?? names.first { candidate in
                permission.action.truth(of: candidate) == .yes
                    && prohibition.action.truth(of: candidate) != .no
            }
        guard let action else { return .none }
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
        guard !isUnknown, things.count == 2 else { return .unknown }
        return .found(
            CommonScope(target: things[0], assignee: things[1], action: action, memberships: memberships))
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
