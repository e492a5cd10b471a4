import Consent
import DataPlane
import Model
import Registry

/// What the parties do, in few words.
extension World {
    static let purpose = Purpose("https://w3id.org/dpv#ResearchAndDevelopment")
    static let fields = ["meter", "day", "kwh"]

    /// The rows of a version of `meters`: two for each meter, one of a meter that is nobody's, and two
    /// without a meter. The cell `day` tells whose row it is where the meter is not to be seen.
    static func meters(version: Int, of keys: [String] = ["m1", "m2", "m3", "m4", "m5"]) -> [[String]] {
        keys.flatMap { key in (1...2).map { [key, "\(key)-\($0)-v\(version)", "\($0)\(version)"] } }
            + [["", "nobody-v\(version)", "0"], ["NA", "null-v\(version)", "0"]]
    }

    static func csv(_ rows: [[String]], fields: [String] = fields) -> [UInt8] {
        Array(([fields] + rows).map { $0.joined(separator: ",") + "\n" }.joined().utf8)
    }

    /// `meters` belong to Ann (m1, m2), Bob (m3) and Corp (m4); m5 is not linked.
    func addMeters() async throws {
        try await add("meters", .column("meter"))
        try await publish(Self.csv(Self.meters(version: 1)))
        try await link([("m1", cast.ann), ("m2", cast.ann), ("m3", cast.bob), ("m4", cast.corp)])
    }

    @discardableResult
    func add(
        _ id: String, _ rule: OwnerRule, fields: [String] = World.fields, nullValues: [String] = ["", "NA"],
        offer: JSON? = nil, by caller: Caller? = nil
    ) async throws -> Exchange.Recorded<Dataset> {
        try await exchange.addDataset(
            Exchange.DatasetDescription(
                id: slug(id), title: id, ownerRule: rule, nullValues: nullValues,
                fields: fields.map { Field(name: $0, type: .string) }, offer: offer),
            by: caller ?? cast.grid)
    }

    @discardableResult
    func publish(
        _ csv: [UInt8], as dataset: String = "meters", badLines: IngestShape.BadLinePolicy = .refuse
    ) async throws -> Exchange.Recorded<IngestReport> {
        let upload = try await exchange.beginUpload(
            slug(dataset), .replaces, badLines: badLines, by: cast.grid)
        do {
            try upload.consume(csv)
            return try await exchange.publish(upload, by: cast.grid)
        } catch {
            await upload.abort()
            throw error
        }
    }

    @discardableResult
    func append(_ rows: [[String]]) async throws -> Exchange.Recorded<IngestReport> {
        let upload = try await exchange.beginUpload(
            slug("meters"), .adds, badLines: .refuse, by: cast.grid)
        try upload.consume(Self.csv(rows))
        return try await exchange.publish(upload, by: cast.grid)
    }

    @discardableResult
    func link(
        _ links: [(key: String, owner: Caller?)], in dataset: String = "meters"
    ) async throws -> Exchange.Recorded<Int> {
        try await exchange.link(
            links.map { Exchange.LinkClaim(ownerKey: $0.key, owner: $0.owner?.owner) }, in: slug(dataset),
            by: cast.grid)
    }

    func ask(
        _ dataset: String = "meters", fields: [String] = World.fields, basis: LegalBasis = .consent,
        validUntil: Instant? = nil
    ) -> Exchange.Ask {
        Exchange.Ask(
            dataset: slug(dataset), purpose: Self.purpose, legalBasis: basis, fields: fields,
            validUntil: validUntil)
    }

    /// Asked by the consumer, agreed by the provider.
    func agreement(
        on dataset: String = "meters", fields: [String] = World.fields, validUntil: Instant? = nil,
        consumer: Caller? = nil
    ) async throws -> AgreementID {
        let ask = ask(dataset, fields: fields, validUntil: validUntil)
        let request = try await exchange.request(ask, by: consumer ?? cast.bureau).value
        return try await exchange.agree(request.id, by: cast.grid).value.id
    }

    @discardableResult
    func grant(
        _ agreement: AgreementID, fields: [String]? = nil, until: Instant? = nil, keys: [String]? = nil,
        by owner: Caller
    ) async throws -> Exchange.Recorded<Exchange.GrantChange> {
        try await exchange.grant(
            agreement, Exchange.GrantTerms(fields: fields, validUntil: until, ownerKeys: keys), by: owner)
    }

    @discardableResult
    func withdraw(
        _ grant: GrantID, by owner: Caller
    ) async throws -> Exchange.Recorded<Exchange.GrantChange> {
        try await exchange.end(grant, by: .withdraw, owner)
    }

    /// Asks every owner's list for the grant of an agreement.
    func listed(_ agreement: AgreementID, for owner: Caller) async throws -> Exchange.OwnerRequest? {
        let page = try await exchange.ownerRequests(of: owner, limit: 100, cursor: nil)
        return page.items.first { $0.agreement.id == agreement }
    }

    func epoch(of agreement: AgreementID) -> Int64 { exchange.gates.gate(of: agreement)?.epoch ?? -1 }

    /// The grant as the registry has it.
    func stored(_ grant: GrantID) throws -> Grant? { try registry.read { try $0.grant(grant) } }
}
