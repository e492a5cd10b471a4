import Consent
import Model
import NIOHTTP1
import Testing

@testable import sluis

/// Offers that say how often something may be read, on a real hub: what counts, and what a hub knows of it
/// that starts anew.
@Suite("Reads that are limited", .serialized) struct ReadLimitTests {
    private static let dataset = "limited"

    private struct Limited {
        let exchange: TestExchange
        let agreement: String
        let token: String

        /// 200, 403, ...
        func read(_ method: HubClient.Method = .get, _ query: String = "", _ headers: HTTPHeaders = [:])
            async throws -> (status: Int, headers: HTTPHeaders, code: String?)
        {
            var all = headers
            all.add(name: "Authorization", value: "Bearer \(token)")
            do {
                let answer = try await exchange.consumer.call(
                    method, "/data/limited\(query)", headers: all)
                return (answer.status, answer.headers, nil)
            } catch let problem as HubProblem {
                return (problem.status, [:], problem.code)
            }
        }
    }

    private func limited(_ most: Int64, rows: Int = 3) async throws -> Limited {
        let hub = try TestHub()
        let exchange = try await TestExchange(hub, owners: 1)
        let iris = IRIs(host: "localhost")
        let id = try #require(Slug(Self.dataset))
        let offer: JSON = [
            "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Offer",
            "uid": .string(iris.offer(id)), "target": .string(iris.dataset(id)),
            "assigner": .string(iris.organisation(try #require(Slug("airport")))),
            "permission": [
                [
                    "action": "use",
                    "constraint": [
                        ["leftOperand": "count", "operator": "lteq", "rightOperand": .integer(most)]
                    ],
                ]
            ],
        ]
        guard var description = TestExchange.describe(Self.dataset).object else { throw CancellationError() }
        description["offer"] = offer
        _ = try await exchange.provider.call(.post, "/api/v1/datasets", body: .json(.object(description)))
        let csv = "plane,seat,fare\n" + (0..<rows).map { "K0,\($0),1\n" }.joined()
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/limited/data", body: .bytes(Array(csv.utf8), "text/csv"))
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/limited/links",
            body: .bytes(Array("owner_key,owner\nK0,\(exchange.owners[0].id)\n".utf8), "text/csv"))
        let agreement = try await TestExchange.agreement(
            Self.dataset, ["plane", "seat"], exchange.consumer, exchange.provider)
        _ = try await exchange.owners[0].client.call(
            .post, "/api/v1/grants", body: .json(["agreement": .string(agreement)]))
        let token = try await exchange.consumer.call(
            .post, "/oauth/token", body: exchange.tokenForm(dataset: Self.dataset, agreement: agreement)
        ).text("access_token")
        return Limited(exchange: exchange, agreement: agreement, token: token)
    }

    @Test("What was sent counts, and nothing else; a killed hub and a stopped one know it again")
    func counted() async throws {
        let limited = try await limited(3)
        let first = try await limited.read()
        #expect(first.status == 200 && first.headers.first(name: "Accept-Ranges") == "none")
        let tag = try #require(first.headers.first(name: "ETag"))
        // Nothing is sent: none of these counts.
        #expect(try await limited.read(.head).status == 200)
        #expect(try await limited.read(.get, "", ["If-Match": "\"other\""]).status == 412)
        #expect(try await limited.read(.get, "?fields=fare").status == 403)
        // A part would tell what the whole does: there is none.
        #expect(try await limited.read(.get, "", ["Range": "bytes=9999999-", "If-Range": tag]).status == 200)
        limited.exchange.hub.kill()
        try limited.exchange.hub.start()
        #expect(try await limited.read(.head).status == 200)
        // An answer without a byte is an answer.
        let nothing = try await limited.read(
            .get, "?where=seat%3C0", ["Accept": "application/x-ndjson"])
        #expect(nothing.status == 200)
        for restarts in 0..<2 {
            let refused = try await limited.read()
            #expect(refused.status == 403 && refused.code == "count_not_permitted", "\(restarts)")
            #expect(try await limited.read(.head).status == 403)
            let token = try await limited.exchange.consumer.problem(
                .post, "/oauth/token",
                body: limited.exchange.tokenForm(dataset: Self.dataset, agreement: limited.agreement))
            #expect(token.code == "invalid_authorization_details" && token.entry != nil)
            limited.exchange.hub.stop()
            try limited.exchange.hub.start()
        }
        // Others are not limited by it.
        let grant = try await limited.exchange.grant(0)
        #expect(grant["state"] == "Given")
        #expect(try await limited.exchange.read(limited.exchange.token()).rows.count == 1)
    }

    @Test("Of many reads at once as many get through as may, streams and whole answers")
    func together() async throws {
        for rows in [3, 40_000] {
            let limited = try await limited(4, rows: rows)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await limited.read().status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 4 && statuses.count { $0 == 403 } == 8, "\(statuses)")
            limited.exchange.hub.kill()
            try limited.exchange.hub.start()
            #expect(try await limited.read().status == 403)
        }
    }
}
