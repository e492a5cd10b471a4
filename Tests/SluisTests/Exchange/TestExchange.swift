import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// An exchange that is under way: a provider with a dataset whose rows have owners, a consumer with an
/// agreement over it, and owners that are linked to their keys.
final class TestExchange: Sendable {
    static let purpose = "https://w3id.org/dpv#ServiceProvision"

    let hub: TestHub
    let provider: HubClient
    let consumer: HubClient
    /// Linked to the keys `K0`, `K1`, ...
    let owners: [(id: String, client: HubClient)]
    let agreement: String

    /// The file that is published: each owner has his number plus one of rows, two rows belong to nobody.
    static func csv(owners: Int) -> String {
        var text = "plane,seat,fare\n"
        for owner in 0..<owners {
            for row in 0...owner { text += "K\(owner),\(row),\(owner).\(row)\n" }
        }
        return text + "NA,0,0\n,1,1\n"
    }

    /// - Parameter upstream: where the rows are; nil for rows that the hub has.
    init(
        _ hub: TestHub, owners count: Int, csv: String? = nil, upstream: JSON? = nil,
        validUntil: Instant? = nil
    ) async throws {
        self.hub = hub
        let provider = try await hub.organisation("airport", roles: ["provider"])
        let consumer = try await hub.organisation("authority", roles: ["consumer"])
        var owners: [(String, HubClient)] = []
        for number in 0..<count { owners.append(try await hub.person("owner-\(number)")) }
        if let upstream {
            _ = try await provider.call(
                .post, "/api/v1/datasets", body: .json(Self.describe("flights")))
            _ = try await provider.call(.put, "/api/v1/datasets/flights/upstream", body: .json(upstream))
        } else {
            try await Self.publish("flights", csv ?? Self.csv(owners: count), by: provider)
        }
        let links = owners.enumerated().map { "K\($0.offset),\($0.element.0)\n" }
        if count > 0 {
            _ = try await provider.call(
                .put, "/api/v1/datasets/flights/links",
                body: .bytes(Array("owner_key,owner\n\(links.joined())".utf8), "text/csv"))
        }
        (self.provider, self.consumer, self.owners) = (provider, consumer, owners)
        agreement = try await Self.agreement(
            "flights", ["plane", "seat", "fare"], consumer, provider, validUntil: validUntil)
    }

    static func describe(_ id: String, rule: JSON = ["column": "plane"]) -> JSON {
        [
            "id": .string(id), "title": "Flights", "owner_rule": rule, "null_values": ["", "NA"],
            "fields": [
                ["id": "plane", "name": "plane", "type": "string"],
                ["id": "seat", "name": "seat", "type": "integer"],
                ["id": "fare", "name": "fare", "type": "decimal"],
            ],
        ]
    }

    static func publish(
        _ id: String, _ csv: String, rule: JSON = ["column": "plane"], by provider: HubClient
    ) async throws {
        _ = try await provider.call(.post, "/api/v1/datasets", body: .json(describe(id, rule: rule)))
        _ = try await provider.call(
            .put, "/api/v1/datasets/\(id)/data", body: .bytes(Array(csv.utf8), "text/csv"))
    }

    static func ask(_ dataset: String, _ fields: [String], validUntil: Instant? = nil) -> JSON {
        [
            "dataset": .string(dataset), "purpose": .string(purpose), "legal_basis": "consent",
            "fields": JSON(fields), "valid_until": JSON(validUntil), "notice": ["en": "Why we ask"],
        ]
    }

    static func agreement(
        _ dataset: String, _ fields: [String], _ consumer: HubClient, _ provider: HubClient,
        validUntil: Instant? = nil
    ) async throws -> String {
        let request = try await consumer.call(
            .post, "/api/v1/requests", body: .json(ask(dataset, fields, validUntil: validUntil))
        ).text("request")
        return try await provider.call(.post, "/api/v1/requests/\(request)/agree").text("agreement")
    }

    // MARK: What the parties do

    /// - Returns: the answer of the grant, with `grant`, `epoch`, `entry`.
    @discardableResult
    func grant(_ owner: Int, _ terms: [String: JSON] = [:]) async throws -> JSON {
        var body = terms
        body["agreement"] = .string(agreement)
        return try await owners[owner].client.call(
            .post, "/api/v1/grants", body: .json(.object(body))
        ).json
    }

    @discardableResult
    func withdraw(_ grant: JSON, by owner: Int) async throws -> JSON {
        let id = try #require(grant["grant"]?.string)
        return try await owners[owner].client.call(.post, "/api/v1/grants/\(id)/withdraw").json
    }

    func tokenForm(
        _ details: [String: JSON] = [:], dataset: String = "flights", agreement: String? = nil
    ) -> HubBody {
        var all: [String: JSON] = [
            "type": "sluis_dataset", "identifier": .string(dataset),
            "agreement": .string(agreement ?? self.agreement), "actions": ["read"],
        ]
        all.merge(details) { _, new in new }
        return .form([
            "grant_type": "client_credentials",
            "authorization_details": JSON.array([.object(all)]).canonicalText,
        ])
    }

    func token(_ details: [String: JSON] = [:]) async throws -> String {
        try await consumer.call(.post, "/oauth/token", body: tokenForm(details)).text("access_token")
    }

    struct Read {
        var text: String
        var headers: HTTPHeaders
        var trailers: HTTPHeaders

        /// The rows without the header, sorted: their order is not said.
        var rows: [String] { text.split(separator: "\n").dropFirst().map(String.init).sorted() }
    }

    func read(
        _ token: String?, query: String = "", dataset: String = "flights", accept: String = "text/csv",
        by client: HubClient? = nil
    ) async throws -> Read {
        var headers: HTTPHeaders = ["Accept": accept]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let body = Mutex<[UInt8]>([])
        let answer = try await (client ?? consumer).download(
            "/data/\(dataset)\(query)", headers: headers
        ) { bytes in body.withLock { $0 += bytes } }
        return Read(
            text: String(decoding: body.withLock { $0 }, as: UTF8.self), headers: answer.headers,
            trailers: answer.trailers)
    }

    /// The rows of these owners in the published file, whole and sorted.
    static func rows(of granted: Set<Int>, owners: Int) -> [String] {
        csv(owners: owners).split(separator: "\n").dropFirst().map(String.init).filter { row in
            granted.contains { row.hasPrefix("K\($0),") }
        }.sorted()
    }
}
