import AuditLog
import Cryptography
import Model
import TestSupport

/// What the hub would have written in a random life of a few parties, and the plain record of it, kept
/// without any index.
struct HubEntries {
    /// An entry and what is true of it.
    struct Fact {
        var bytes: [UInt8]
        var json: JSON
        var names: Set<String> = []
        var owners: Set<String> = []
        var namesPerson = false
        var at: Instant?
    }

    /// Where the rows of a stream went.
    struct Access {
        var entry: Int
        var dataset: String
        var at: Instant
        /// Nil where nobody can tell.
        var rowsByKey: [String: Int]?
        var fields: [String]
        var reason: UnknownDelivery?
        /// A later entry says that nothing was sent.
        var isTakenBack = false
    }

    private struct Contract {
        var id: AgreementID
        var dataset: Slug
        var provider: Slug
        var consumer: Slug
    }

    private struct Pending {
        var stream: String
        var contract: Contract
        var decided: Int
    }

    private(set) var facts: [Fact] = []
    private(set) var accesses: [Access] = []
    /// By stream, what lies beside the log.
    private(set) var sideFiles: [String: [UInt8]] = [:]
    private(set) var random: SeededGenerator
    private var now = Instant(milliseconds: 1_780_000_000_000)
    private var contracts: [Contract] = []
    private var grants: [(id: GrantID, contract: Contract, owner: Owner)] = []
    private var pending: [Pending] = []
    /// Of answers that were assembled whole and not taken back: `decided` is their entry.
    private var wholes: [Pending] = []
    private var identifiers: UInt64 = 0
    private let count: Int

    let organisations = ["airport", "authority", "bank", "city", "dairy", "energy"].compactMap { Slug($0) }
    let datasets = ["flights", "meters", "parcels", "herds"].compactMap { Slug($0) }
    let purposes = ["Statistics", "Billing", "Safety"].map { Purpose("https://w3id.org/dpv#\($0)") }
    let keys = ["NL-1", "NL-2", "é", "e\u{301}", "m,\"7\"\n", "=1+1", "🐄"]

    init(count: Int, seed: UInt64, allowsFaults: Bool = true) {
        random = SeededGenerator(seed: seed)
        self.count = count
        for (place, dataset) in datasets.enumerated() { publish(dataset, by: organisations[place]) }
        while facts.count < count { happen(allowsFaults) }
    }

    private mutating func identifier<Subject>() -> Identifier<Subject> {
        identifiers += 1
        return Identifier(at: now, random: (UInt16(identifiers & 0xFFF), identifiers))
    }

    /// Mostly onwards, at times a little back: the times of entries are not quite in the order of the log.
    private mutating func tick() {
        let step =
            random.chance(10)
            ? -Int64.random(in: 0...400, using: &random)
            : Int64.random(in: 0...3000, using: &random)
        now.milliseconds += step
    }

    private mutating func happen(_ allowsFaults: Bool) {
        tick()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<3: ask()
        case 3..<6: publish(random.pick(datasets), by: random.pick(organisations))
        case 6..<20: grant()
        case 20..<30: token()
        case 30..<55: decide()
        case 55..<80: complete(allowsFaults)
        case 80..<87: whole(allowsFaults)
        case 87..<89: takeBack()
        case 89..<92: addPerson()
        case 92..<96: change()
        default: strange()
        }
    }
}

extension HubEntries {
    private mutating func seal(_ event: AuditEvent, names: [Slug?], owner: Slug? = nil) {
        let bytes = random.bytes(64)
        let sealer = EntrySealer(random: { Array(bytes[..<$0]) }, sha256: { SHA256.hash($0) })
        let sealed = sealer.seal(event, at: now, number: facts.count % 2 == 0 ? Int64(facts.count) : nil)
        var all = Set(names.compactMap { $0?.text })
        if case .organisation(let slug, _, _, _) = event.actor { all.insert(slug.text) }
        var isPersonal = !event.persons.isEmpty
        if case .person = event.actor { isPersonal = true }
        facts.append(
            Fact(
                bytes: sealed.bytes, json: (try? JSON.parse(sealed.bytes)) ?? .null, names: all,
                owners: Set([owner?.text].compactMap(\.self)), namesPerson: isPersonal, at: now))
    }

    private func provider(of dataset: Slug) -> Slug? {
        facts.last { $0.json["type"] == "dataset.published" && $0.json["dataset"]?.string == dataset.text }
            .flatMap { $0.json["provider"]?.string }.flatMap { Slug($0) }
    }

    private mutating func actor(_ slug: Slug) -> Actor {
        .organisation(
            slug, thumbprint: Thumbprint(random.bytes(32)), tokenID: Base64.encodeURL(random.bytes(16)),
            keyID: "k1")
    }

    private mutating func publish(_ dataset: Slug, by provider: Slug) {
        let actor = actor(provider)
        seal(
            AuditEvent(
                .datasetPublished, by: actor,
                ["dataset": .string(dataset.text), "provider": .string(provider.text), "fields": ["a", "b"]]),
            names: [provider])
    }

    private mutating func ask() {
        let (dataset, consumer) = (random.pick(datasets), random.pick(organisations))
        guard let provider = provider(of: dataset) else { return }
        let request: RequestID = identifier()
        let purpose = random.pick(purposes)
        var members: [String: JSON] = [
            "request": .string(request.description), "dataset": .string(dataset.text),
            "consumer": .string(consumer.text), "purpose": .string(purpose.iri), "fields": ["a", "b"],
        ]
        let (asker, giver) = (actor(consumer), actor(provider))
        seal(AuditEvent(.requestMade, by: asker, members), names: [provider, consumer])
        guard facts.count < count else { return }
        if random.chance(20) {
            // The consumer stands there only because the request is his.
            members["consumer"] = nil
            seal(AuditEvent(.requestRefused, by: giver, members), names: [provider, consumer])
            return
        }
        let contract = Contract(
            id: identifier(), dataset: dataset, provider: provider, consumer: consumer)
        members["agreement"] = .string(contract.id.description)
        members["provider"] = .string(provider.text)
        members["policy"] = .string(Base64.encodeURL(random.bytes(32)))
        seal(AuditEvent(.agreementMade, by: giver, members), names: [provider, consumer])
        contracts.append(contract)
    }

    private mutating func grant() {
        guard !contracts.isEmpty else { return ask() }
        let isNew = grants.isEmpty || random.chance(50)
        if isNew {
            let owner: Owner =
                random.chance(40) ? .organisation(random.pick(organisations)) : .person(identifier())
            grants.append((identifier(), random.pick(contracts), owner))
        }
        let grant = isNew ? grants[grants.count - 1] : random.pick(grants)
        let type = random.pick([EntryType.grantGiven, .grantWithdrawn, .grantRequested, .grantExpired])
        let contract = grant.contract
        var members: [String: JSON] = [
            "grant": .string(grant.id.description), "agreement": .string(contract.id.description),
            "dataset": .string(contract.dataset.text), "state": "Given",
        ]
        let names = [provider(of: contract.dataset), contract.provider, contract.consumer]
        switch grant.owner {
        case .organisation(let slug):
            // What was said once of a grant holds for all that name it.
            members["owner"] = isNew || type == .grantGiven ? .string(slug.text) : nil
            let actor = type == .grantExpired ? Actor.hub : actor(slug)
            seal(AuditEvent(type, by: actor, members), names: names + [slug], owner: slug)
        case .person(let id):
            seal(AuditEvent(type, by: .person(id), members, persons: ["owner": id]), names: names)
        }
    }

    private mutating func token() {
        guard !contracts.isEmpty else { return ask() }
        let contract = random.pick(contracts)
        let isPermit = random.chance(80)
        let actor = actor(contract.consumer)
        seal(
            AuditEvent(
                isPermit ? .tokenIssued : .tokenDenied, by: actor,
                [
                    "dataset": .string(contract.dataset.text), "agreement": .string(contract.id.description),
                    "purpose": .string(random.pick(purposes).iri),
                    "decision": isPermit ? "permit" : "deny", "reasons": ["because, \"so\""],
                ]),
            names: [provider(of: contract.dataset), contract.provider, contract.consumer])
    }

    private mutating func addPerson() {
        let organisation = random.pick(organisations)
        let id: PersonID = identifier()
        let members: [String: JSON] = ["organisation": .string(organisation.text)]
        seal(
            AuditEvent(.personAdded, by: .hub, members, persons: ["person": id]), names: [organisation])
    }

    private mutating func change() {
        let dataset = random.pick(datasets)
        guard let provider = provider(of: dataset) else { return }
        let actor = actor(provider)
        seal(
            AuditEvent(
                .linkChanged, by: actor,
                ["dataset": .string(dataset.text), "links": 3, "stream": .string(Base64.encodeURL([1, 2]))]),
            names: [provider])
    }

    /// What a later version, or nobody, would write.
    private mutating func strange() {
        let odd: [JSON] = [
            ["type": "mystery.happened", "dataset": 7, "agreement": "none", "purpose": ["x"]],
            ["type": ["list"], "provider": "dairy", "at": "yesterday", "nonce": 5],
            ["type": "access.completed", "decision": "permit", "grant": "G", "organisation": "UPPER"],
            ["type": "new\u{0}type", "purpose": "a\u{0}b", "owner": "energy", "actor": ["org": "bank"]],
            [:],
        ]
        let place = Int.random(in: 0..<odd.count, using: &random)
        var fact = Fact(bytes: odd[place].canonical, json: odd[place])
        if place == 1 { fact.names = ["dairy"] }
        if place == 3 { (fact.names, fact.owners) = (["energy", "bank"], ["energy"]) }
        facts.append(fact)
    }
}

extension HubEntries {
    private mutating func members(_ contract: Contract, _ decision: String, stream: String) -> [String: JSON]
    {
        [
            "decision": .string(decision), "reasons": ["r"], "dataset": .string(contract.dataset.text),
            "version": 1, "agreement": .string(contract.id.description),
            "purpose": .string(random.pick(purposes).iri), "fields": ["a", "b"], "epoch": 3,
            "policy": .string(Base64.encodeURL(random.bytes(32))), "stream": .string(stream),
        ]
    }

    private func names(_ contract: Contract) -> [Slug?] {
        [provider(of: contract.dataset), contract.provider, contract.consumer]
    }

    private mutating func decide() {
        guard !contracts.isEmpty else { return ask() }
        let contract = random.pick(contracts)
        let stream = Base64.encodeURL(random.bytes(16))
        let isPermit = random.chance(85)
        let (members, actor) = (
            members(contract, isPermit ? "permit" : "deny", stream: stream), actor(contract.consumer)
        )
        seal(AuditEvent(.accessDecided, by: actor, members), names: names(contract))
        guard isPermit else { return }
        pending.append(Pending(stream: stream, contract: contract, decided: facts.count - 1))
        accesses.append(
            Access(
                entry: facts.count - 1, dataset: contract.dataset.text, at: now, rowsByKey: nil, fields: [],
                reason: .unfinished))
    }

    private mutating func complete(_ allowsFaults: Bool) {
        guard !pending.isEmpty else { return decide() }
        // Some never end: the hub died.
        let ended = pending.remove(at: Int.random(in: 0..<pending.count, using: &random))
        if random.chance(10) { return }
        accesses.removeAll { $0.entry == ended.decided }
        send(.accessCompleted, ended.contract, stream: ended.stream, allowsFaults)
    }

    private mutating func whole(_ allowsFaults: Bool) {
        guard !contracts.isEmpty else { return ask() }
        let (contract, stream) = (random.pick(contracts), Base64.encodeURL(random.bytes(16)))
        send(.access, contract, stream: stream, allowsFaults)
        wholes.append(Pending(stream: stream, contract: contract, decided: facts.count - 1))
    }

    /// An answer did not leave. Whether its side file is empty already when the index reads it is open.
    private mutating func takeBack() {
        guard !wholes.isEmpty else { return decide() }
        let unsent = wholes.remove(at: Int.random(in: 0..<wholes.count, using: &random))
        var members = members(unsent.contract, "permit", stream: unsent.stream)
        members["rows"] = 0
        members["status"] = "cut"
        members["delivered"] = .null
        members["corrects"] = .integer(Int64(unsent.decided))
        let commitment = facts[unsent.decided].json["delivered"]?.string.flatMap { Base64.decodeURL($0) }
        if random.chance(50), let commitment, let bytes = sideFiles[unsent.stream],
            let file = try? SideFile(file: bytes, commitment: commitment)
        {
            sideFiles[unsent.stream] = file.erasing { _ in true }?.bytes ?? bytes
        }
        for place in accesses.indices where accesses[place].entry == unsent.decided {
            accesses[place].isTakenBack = true
        }
        let actor = actor(unsent.contract.consumer)
        seal(AuditEvent(.accessCompleted, by: actor, members), names: names(unsent.contract))
    }

    private mutating func send(_ type: EntryType, _ contract: Contract, stream: String, _ allowsFaults: Bool)
    {
        var rowsByKey: [String: Int] = [:]
        // Swift would hold two of the keys equal: they are different owners.
        var lines: [[String: JSON]] = []
        for key in keys where random.chance(40) {
            let rows = Int.random(in: 1...900, using: &random)
            rowsByKey[Self.tag(key)] = rows
            lines.append(["owner": .string(key), "rows": .integer(Int64(rows)), "fields": ["a", "b"]])
        }
        lines.append(["epochs": [[1, 0]]])
        let isErased = random.chance(10)
        var source = random
        var file = SideFile(lines) { source.bytes($0) }
        random = source
        let commitment = file.commitment
        if isErased, let rest = file.erasing({ $0["owner"]?.string == "NL-1" }) {
            file = rest
            rowsByKey[Self.tag("NL-1")] = nil
        }
        var members = members(contract, "permit", stream: stream)
        members["rows"] = .integer(Int64(rowsByKey.values.reduce(0, +)) + 1)
        members["status"] = random.chance(20) ? "cut" : "complete"
        members["delivered"] = .string(Base64.encodeURL(commitment))
        sideFiles[stream] = file.bytes
        let reason = allowsFaults ? fault(&members, stream) : nil
        let actor = actor(contract.consumer)
        seal(AuditEvent(type, by: actor, members), names: names(contract))
        accesses.append(
            Access(
                entry: facts.count - 1, dataset: contract.dataset.text, at: now,
                rowsByKey: reason == nil ? rowsByKey : nil, fields: ["a", "b"], reason: reason))
    }

    private mutating func fault(_ members: inout [String: JSON], _ stream: String) -> UnknownDelivery? {
        switch Int.random(in: 0..<40, using: &random) {
        case 0:
            sideFiles[stream] = nil
            return .missing
        case 1:
            sideFiles[stream]?.append(contentsOf: Array("{}\n".utf8))
            return .wrong
        case 2:
            sideFiles[stream] = nil
            members["delivered"] = .null
            return .notRecorded
        default: return nil
        }
    }

    /// A dictionary of strings holds `é` and `e` with an accent for one: their bytes tell them apart.
    static func tag(_ key: String) -> String { key.utf8.map { String($0) }.joined(separator: " ") }
}
