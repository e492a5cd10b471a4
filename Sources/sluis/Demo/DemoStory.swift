import Foundation
import Model
import NIOHTTP1

/// The story of the demo, step by step, each over HTTPS with the certificate of whoever acts.
struct DemoStory {
    static let dataset = "flights"
    /// Delay statistics of an authority.
    static let purpose = "https://w3id.org/dpv#ProvideOfficialStatistics"
    /// How many owners act at once, each on a connection of his own.
    private static let concurrency = 16

    /// One owner in the story.
    struct OwnerPart: Sendable {
        let place: Int
        let key: String
        let rows: Int
        let id: String
        let client: HubClient
        /// His grant, once he gave it.
        var grant = ""
    }

    let hub: DemoHub
    let material: DemoMaterial
    let narrator: Narrator

    func play() async throws {
        let parties = try await addParties()
        try await publish(parties.provider)
        var owners = try await addOwners()
        try await link(owners, parties.provider)
        let agreement = try await agree(parties)
        let token = try await takeToken(parties.consumer, agreement)
        let reader = DemoReader(client: parties.consumer, token: token, dataset: Self.dataset)
        try await readNothing(reader)
        owners = try await grant(owners, agreement)
        let first = try await readGranted(reader, owners)
        try await withdraw(owners[0], reader, before: first)
        try await refuseThief(parties.thief, token)
        try await DemoAuditor(hub: hub, narrator: narrator).audit(decision: first.decision)
        try narrator.end()
    }

    private struct Parties {
        let provider: HubClient
        let consumer: HubClient
        let thief: HubClient
    }

    private func addParties() async throws -> Parties {
        narrator.begin()
        let provider = try await hub.addOrganisation("airport-operator", "Airport operator", role: .provider)
        let consumer = try await hub.addOrganisation(
            "aviation-authority", "Aviation authority", role: .consumer)
        let thief = try await hub.addOrganisation("data-broker", "Data broker", role: .consumer)
        try narrator.tell(
            "the operator adds three organisations, each with a certificate of its own",
            ["organisations": ["airport-operator", "aviation-authority", "data-broker"]], entry: thief.1)
        return Parties(provider: provider.0, consumer: consumer.0, thief: thief.0)
    }

    private func publish(_ provider: HubClient) async throws {
        let fields = material.columns
        _ = try await provider.call(
            .post, "/api/v1/datasets",
            body: .json([
                "id": .string(Self.dataset), "title": "Departures",
                "owner_rule": ["column": .string(material.ownerColumn)],
                "null_values": JSON(material.nullValues),
                "fields": .array(
                    fields.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            ]))
        let size = try InputFile.sizeBytes(material.file, option: "--csv")
        let meter = ProgressMeter("bytes sent", total: UInt64(size))
        let upload = try FileUpload(material.file, option: "--csv") { meter.advance(by: $0) }
        let answer = try await provider.call(
            .put, "/api/v1/datasets/\(Self.dataset)/data", body: .file(upload, "text/csv"))
        meter.end()
        let json = try answer.members("rows", "owners", "ownerless_rows")
        try narrator.tell(
            "the airport operator publishes its departures; every row belongs to the aircraft's owner",
            [
                "rows": json["rows"] ?? .null, "owners": json["owners"] ?? .null,
                "rows_that_belong_to_nobody": json["ownerless_rows"] ?? .null, "bytes": .integer(Int64(size)),
            ], entry: answer.entry,
            check: "tail -n +2 \(material.file) | wc -l")
    }

    /// Adds the owners, in parallel.
    private func addOwners() async throws -> [OwnerPart] {
        let meter = ProgressMeter("owners added", total: UInt64(material.owners.count))
        let hub = hub
        let parts = try await each(Array(material.owners.enumerated())) { place, owner in
            let (id, client) = try await hub.addPerson("Owner of \(owner.key)", number: place)
            meter.advance(by: 1)
            return OwnerPart(place: place, key: owner.key, rows: owner.rows, id: id, client: client)
        }
        meter.end()
        try narrator.tell(
            "the operator adds the owners, each with a certificate of his own",
            ["owners": .integer(Int64(parts.count))])
        return parts.sorted { $0.place < $1.place }
    }

    private func link(_ owners: [OwnerPart], _ provider: HubClient) async throws {
        let links = owners.map { ["owner_key": .string($0.key), "owner": .string($0.id)] as JSON }
        let answer = try await provider.call(
            .put, "/api/v1/datasets/\(Self.dataset)/links", body: .json(.array(links)))
        try narrator.tell(
            "the airport operator says whose aircraft is whose",
            ["links": try answer.members("links")["links"] ?? .null], entry: answer.entry)
    }

    private func agree(_ parties: Parties) async throws -> String {
        let made = try await parties.consumer.call(
            .post, "/api/v1/requests",
            body: .json([
                "dataset": .string(Self.dataset), "purpose": .string(Self.purpose), "legal_basis": "consent",
                "fields": JSON(material.fields), "retention": "P90D",
                "notice": ["en": "We compute delay statistics and keep your departures for 90 days."],
            ]))
        try narrator.tell(
            "the aviation authority asks for them",
            [
                "purpose": .string(Self.purpose), "legal_basis": "consent", "fields": JSON(material.fields),
            ], entry: made.entry)
        let agreed = try await parties.provider.call(
            .post, "/api/v1/requests/\(try made.text("request"))/agree", body: .json([:]))
        let agreement = try agreed.text("agreement")
        try narrator.tell(
            "the airport operator agrees; the hub signs the ODRL Agreement",
            ["agreement": .string(agreement)],
            entry: agreed.entry)
        return agreement
    }

    private func takeToken(_ consumer: HubClient, _ agreement: String) async throws -> String {
        let details: JSON = [
            [
                "type": "sluis_dataset", "identifier": .string(Self.dataset), "agreement": .string(agreement),
                "actions": ["read"],
            ]
        ]
        let answer = try await consumer.call(
            .post, "/oauth/token",
            body: .form([
                "grant_type": "client_credentials", "authorization_details": details.canonicalText,
            ]))
        try narrator.tell(
            "the authority takes a token over mutual TLS; it is bound to its certificate",
            ["expires_in_seconds": try answer.members("expires_in")["expires_in"] ?? .null],
            entry: answer.entry)
        return try answer.text("access_token")
    }

    private func readNothing(_ reader: DemoReader) async throws {
        let read = try await reader.read()
        try expect(read.rows == 0, "no owner granted, and \(read.rows) rows came")
        try narrator.tell(
            "no owner has granted yet: the authority reads a header and no row",
            ["rows": .integer(Int64(read.rows)), "withheld": .string(read.withheld ?? "not told")],
            entry: read.decision)
    }

    private func grant(_ owners: [OwnerPart], _ agreement: String) async throws -> [OwnerPart] {
        let meter = ProgressMeter("grants", total: UInt64(owners.count))
        let some = JSON(material.someFields)
        let someOnly = Set(owners.map(\.place).filter(material.grantsSome))
        let granted = try await each(owners) { owner in
            var body: [String: JSON] = ["agreement": .string(agreement)]
            if someOnly.contains(owner.place) { body["fields"] = some }
            let answer = try await owner.client.call(.post, "/api/v1/grants", body: .json(.object(body)))
            var granted = owner
            granted.grant = try answer.text("grant")
            meter.advance(by: 1)
            return granted
        }
        meter.end()
        try narrator.tell(
            "the owners grant, each over a TLS connection of his own; every fifth only some fields",
            [
                "grants": .integer(Int64(granted.count)), "only_some_fields": .integer(Int64(someOnly.count)),
                "those_fields": some,
            ])
        return granted.sorted { $0.place < $1.place }
    }

    private func readGranted(_ reader: DemoReader, _ owners: [OwnerPart]) async throws -> DemoReader.Read {
        let read = try await reader.read()
        let expected = owners.reduce(0) { $0 + $1.rows }
        try expect(read.rows == expected, "\(read.rows) rows came, the owners have \(expected)")
        try narrator.tell(
            "the authority reads exactly the rows and fields that were granted",
            [
                "rows": .integer(Int64(read.rows)), "bytes": .integer(Int64(read.bytes)),
                "rows_with_only_some_fields": .integer(
                    Int64(owners.filter { material.grantsSome($0.place) }.reduce(0) { $0 + $1.rows })),
                "withheld": .string(read.withheld ?? "not told"), "digest": .string(read.digest),
            ], entry: read.decision, check: material.recomputation(owners.count))
        return read
    }

    private func withdraw(_ owner: OwnerPart, _ reader: DemoReader, before: DemoReader.Read) async throws {
        let answer = try await owner.client.call(
            .post, "/api/v1/grants/\(owner.grant)/withdraw", body: .json([:]))
        try narrator.tell(
            "the owner of \(owner.key) withdraws",
            [
                "his_rows": .integer(Int64(owner.rows)),
                "epoch": try answer.members("epoch")["epoch"] ?? .null,
            ],
            entry: answer.entry)
        let after = try await reader.read()
        try expect(
            after.rows == before.rows - owner.rows,
            "\(after.rows) rows came after the withdrawal, not \(before.rows - owner.rows)")
        try narrator.tell(
            "the next read with the same token lacks exactly his rows",
            [
                "rows": .integer(Int64(after.rows)),
                "fewer_than_before": .integer(Int64(before.rows - after.rows)),
            ], entry: after.decision)
    }

    private func refuseThief(_ thief: HubClient, _ token: String) async throws {
        do {
            _ = try await DemoReader(client: thief, token: token, dataset: Self.dataset).read()
        } catch let problem as HubProblem {
            try expect(problem.status == 401, "the stolen token got status \(problem.status)")
            return try narrator.tell(
                "another organisation with the stolen token is refused",
                ["status": .integer(Int64(problem.status)), "code": .string(problem.code)])
        }
        throw Refusal("the stolen token was accepted")
    }

    private func expect(_ holds: Bool, _ otherwise: String) throws {
        guard holds else { throw Refusal("the demo failed: \(otherwise)") }
    }

    /// Runs `body` for all elements, so many at once.
    private func each<Element: Sendable, Value: Sendable>(
        _ elements: [Element], _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: Value.self) { group in
            var rest = elements[...]
            for element in rest.prefix(Self.concurrency) { group.addTask { try await body(element) } }
            rest = rest.dropFirst(Self.concurrency)
            var values: [Value] = []
            while let value = try await group.next() {
                values.append(value)
                if let element = rest.popFirst() { group.addTask { try await body(element) } }
            }
            return values
        }
    }
}

extension DemoMaterial {
    /// A command that counts the rows of the granting owners in the file, for a reader who believes nothing.
    func recomputation(_ count: Int) -> String {
        let script =
            "import csv,sys; r=list(csv.DictReader(open(sys.argv[1]))); c=sys.argv[2];"
            + " k=sorted({x[c] for x in r}-set(sys.argv[3:]))[:\(count)]; k=set(k);"
            + " print(sum(x[c] in k for x in r))"
        let nulls = nullValues.map { "'\($0)'" }.joined(separator: " ")
        return "python3 -c \"\(script)\" \(file) \(ownerColumn) \(nulls)"
    }
}
