internal import Model

/// What a key or one of its periods loses: all fields but those with these ids; everything if there are none.
/// Where no period is named, all of them do.
struct Restriction: Hashable, Sendable {
    var holding: Holding
    var fields: [String] = []

    static func everything(of links: [OwnerLink]) -> [Restriction] {
        links.map { Restriction(holding: Holding($0)) }
    }
}

/// A narrowing that took effect in a gate, and whose transaction is on its way.
struct Narrowing: Hashable, Sendable {
    let number: Int64
    /// From which on nothing of what it took flows.
    let epoch: Int64
}

/// A widening that was recorded and is not yet in effect. What ends the same owner's grant voids it; what
/// only takes from it cuts it.
struct Widening: Hashable, Sendable {
    /// The epoch it creates.
    let epoch: Int64
}

/// A filter that is being built from the registry.
struct Rebuild: Hashable, Sendable {
    /// The epoch it creates.
    let epoch: Int64
    /// Owners whose grants are being ended: nothing of theirs is put in, keys that they have just got
    /// included.
    let ending: Set<Owner>
}
