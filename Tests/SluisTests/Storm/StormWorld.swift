import Model
import TestSupport

@testable import sluis

/// The parties of the storm: a provider, a consumer with several agreements, and a hundred owners, of whom
/// ten are organisations.
struct StormWorld: Sendable {
    struct Agreement: Sendable {
        let id: String
        let fields: StormFields
        /// When it ends by itself; nil if it does not.
        let until: Instant?
    }

    private static let organisations = 10

    let exchange: TestExchange
    let table: StormTable
    let owners: [HubClient]
    let supervisor: HubClient
    let agreements: [Agreement]

    /// - Parameter seconds: how long the storm will last; one of the agreements ends inside.
    init(seconds: Int, using random: inout SeededGenerator) async throws {
        var table = StormTable(using: &random)
        let persons = StormTable.owners - Self.organisations
        let exchange = try await TestExchange(TestHub(), owners: persons, csv: table.csv)
        var parties = exchange.owners
        for number in 0..<Self.organisations {
            let id = "firm-\(number)"
            parties.append((id, try await exchange.hub.organisation(id, roles: ["owner"])))
        }
        let links = (0..<StormTable.keys).map { key in
            "\(StormTable.name(ofKey: key)),\(parties[key / StormTable.keysOfEach].id)\n"
        }
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/links",
            body: .bytes(Array("owner_key,owner\n\(links.joined())".utf8), "text/csv"))
        let owners = parties.map(\.client)
        table.store(in: try await Self.storedOrder(exchange, owners))
        supervisor = try await exchange.hub.person("supervisor", role: "supervisor").client
        let end = Instant(milliseconds: Instant.system.milliseconds + Int64(seconds) * 600)
        var agreements = [Agreement(id: exchange.agreement, fields: .all, until: nil)]
        for (fields, until) in [
            ([.plane, .fare], nil), ([.plane, .seat], nil), (.all, end),
        ] as [(StormFields, Instant?)] {
            let id = try await TestExchange.agreement(
                "flights", fields.names, exchange.consumer, exchange.provider, validUntil: until)
            agreements.append(Agreement(id: id, fields: fields, until: until))
        }
        (self.exchange, self.table, self.owners, self.agreements) = (exchange, table, owners, agreements)
    }

    /// Under an agreement of its own, under which everybody says yes.
    private static func storedOrder(_ exchange: TestExchange, _ owners: [HubClient]) async throws -> [Int] {
        let agreement = try await TestExchange.agreement(
            "flights", ["seat"], exchange.consumer, exchange.provider)
        for owner in owners {
            _ = try await owner.call(
                .post, "/api/v1/grants", body: .json(["agreement": .string(agreement)]))
        }
        let token = try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(agreement: agreement)
        ).text("access_token")
        let read = try await exchange.read(token)
        return read.text.split(separator: "\n").dropFirst().compactMap { Int($0) }
    }

    /// For all that was agreed.
    func token(_ agreement: Int) async throws -> String {
        try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(agreement: agreements[agreement].id)
        ).text("access_token")
    }
}
