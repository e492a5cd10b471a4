import Model
import TestSupport

/// Random questions about a random life.
struct Questions {
    let hub: HubEntries
    var random: SeededGenerator

    mutating func query() -> EntryQuery {
        var query = EntryQuery(order: random.chance(50) ? .newestFirst : .oldestFirst)
        // Mostly few conditions, so that something is found.
        let share = random.pick([10, 10, 25, 50])
        if random.chance(share) { query.organisation = organisation() }
        if random.chance(share) { query.visibleTo = organisation() }
        if random.chance(share) { query.dataset = random.pick(hub.datasets + [slug("no-such-dataset")]) }
        if random.chance(share) { query.purpose = random.pick(hub.purposes + [Purpose("urn:none")]) }
        if random.chance(share) { query.decision = random.chance(50) ? .permit : .deny }
        if random.chance(share / 2) { query.owner = organisation() }
        if random.chance(share / 2) { query.grant = grant() }
        if random.chance(share) { query.type = type() }
        if random.chance(share) { query.from = time() }
        if random.chance(share) { query.to = time() }
        if random.chance(share / 2) { query.nonces = nonces() }
        return query
    }

    mutating func spans() -> [OwnerSpan] {
        (0..<Int.random(in: 1...4, using: &random)).map { _ in
            OwnerSpan(
                LinkedKey(dataset: random.pick(hub.datasets), key: random.pick(hub.keys + ["nobody's"])),
                from: random.chance(50) ? time() : nil, to: random.chance(50) ? time() : nil)
        }
    }

    private mutating func organisation() -> Slug { random.pick(hub.organisations + [slug("stranger")]) }

    private mutating func type() -> String {
        let types = EntryType.allCases.map(\.rawValue) + ["mystery.happened", "", "no.such", "new\u{0}type"]
        return random.pick(types)
    }

    private mutating func grant() -> GrantID? {
        let grants = hub.facts.compactMap { $0.json["grant"]?.string.flatMap { GrantID($0) } }
        return grants.isEmpty ? nil : random.pick(grants)
    }

    private mutating func time() -> Instant? {
        var time = random.pick(hub.facts.compactMap(\.at))
        time.milliseconds += Int64.random(in: -1...1, using: &random)
        return time
    }

    private mutating func nonces() -> Set<[UInt8]> {
        let nonces = hub.facts.compactMap { $0.json["nonce"]?.string.flatMap { Base64.decodeURL($0) } }
        let count = Int.random(in: 0...60, using: &random)
        return Set((0..<count).map { _ in random.pick(nonces) })
    }
}

func slug(_ text: String) -> Slug {
    guard let slug = Slug(text) else { preconditionFailure("`\(text)` is no slug") }
    return slug
}
