import Cryptography
import Foundation
import Model
import NIOHTTP1
import Synchronization
import Testing

@testable import sluis

/// A provider whose rows stay with him: a server of his, and a hub that may read there.
final class ConnectedExchange: Sendable {
    /// What the server answers next.
    final class Script: Sendable {
        private let current = Mutex(AnsweringServer.Answer())

        var answer: AnsweringServer.Answer {
            get { current.withLock { $0 } }
            set { current.withLock { $0 = newValue } }
        }
    }

    let script = Script()
    let server: AnsweringServer
    let exchange: TestExchange
    private let scratch = ScratchFolder()

    var hub: TestHub { exchange.hub }

    /// - Parameters:
    ///   - owners: as many as there are keys in what the server answers, unless a test says otherwise.
    ///   - settings: further lines under `upstream:`.
    init(owners: Int, settings: [String] = [], upstream more: [String: JSON] = [:]) async throws {
        server = try await AnsweringServer(asksCertificate: false) { [script] _ in script.answer }
        let authority = try scratch.file("ca.pem", server.authority.certificate.pem)
        let lines = ["origins: [\"airport=\(server.origin)\"]", "ca: \(authority)"] + settings
        let hub = try TestHub(settings: "upstream:\n" + lines.map { "  \($0)\n" }.joined())
        var upstream = more
        upstream["url"] = .string(server.origin + "/flights.csv")
        exchange = try await TestExchange(hub, owners: owners, upstream: .object(upstream))
        script.answer = Self.rows(TestExchange.csv(owners: owners))
    }

    static func rows(_ text: String) -> AnsweringServer.Answer { .init(pieces: [Array(text.utf8)]) }

    /// Entries about reads, each in the form of its type.
    func accesses() throws -> [JSON] {
        let schema = try EntrySchema()
        return try hub.entries().filter { entry in
            #expect(schema.faults(of: entry) == [], "\(entry.canonicalText)")
            return entry["type"]?.string?.hasPrefix("access") == true
        }
    }

    func link(_ links: String) async throws {
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/links",
            body: .bytes(Array("owner_key,owner\n\(links)".utf8), "text/csv"))
    }

    func publishAgain(asNew: Bool) async throws {
        _ = try await exchange.provider.call(
            .put, "/api/v1/datasets/flights/upstream",
            body: .json(["url": .string(server.origin + "/flights.csv"), "as_new": .bool(asNew)]))
    }
}
