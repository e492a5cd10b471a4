import Foundation
import GRDB
import Model
import Synchronization
import Testing

@testable import Registry

@Suite("The schema") struct SchemaTests {
    @Test("The schema after all migrations is the golden file's (SLUIS_UPDATE_GOLDEN=1 rewrites it)")
    func golden() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/schema.sql")
        let schema = try currentSchema()
        if ProcessInfo.processInfo.environment["SLUIS_UPDATE_GOLDEN"] == "1" {
            try schema.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == schema)
    }

    private func currentSchema() throws -> String {
        try Story().registry.pool.read { database in
            let identifier = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
            let steps = try String.fetchAll(
                database, sql: "SELECT identifier FROM grdb_migrations ORDER BY 1")
            let statements = try String.fetchAll(
                database,
                sql: """
                    SELECT sql || ';' FROM sqlite_schema
                    WHERE sql IS NOT NULL AND tbl_name <> 'grdb_migrations' ORDER BY tbl_name, type DESC, name
                    """)
            return "-- After \(steps.joined(separator: ", ")).\nPRAGMA application_id = \(identifier);\n"
                + statements.joined(separator: "\n") + "\n"
        }
    }

    @Test("Every table of ours is strict") func strict() throws {
        let story = try Story()
        let loose = try story.registry.pool.read { database in
            try String.fetchAll(
                database,
                sql: """
                    SELECT name FROM pragma_table_list
                    WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'
                        AND name <> 'grdb_migrations'
                    """)
        }
        #expect(loose.isEmpty)
        #expect(throws: DatabaseError.self) {
            try story.registry.pool.write { database in
                try database.execute(sql: "UPDATE organisations SET name = x'00'")
            }
        }
    }

    /// The only statements that may read a table from end to end: those whose answer is the whole table.
    private static let wholeTables = [
        "FROM outbox ORDER BY number", "GROUP BY dataset",
        "WHERE valid_until IS NULL OR valid_until > ? ORDER BY id",
        "outbox_counter", "log_head",
    ]

    @Test("No lookup reads more than its index tells it to") func plans() throws {
        let story = try Story()
        let statements = Mutex<Set<String>>([])
        try story.registry.write(at: noon) { registry in
            registry.database.trace { event in
                guard case .statement(let statement) = event else { return }
                _ = statements.withLock { $0.insert(statement.sql) }
            }
            try useEverything(registry, story)
            registry.database.trace(options: [], nil)
            let seen = statements.withLock { $0 }.filter { sql in
                ["SELECT", "UPDATE", "DELETE"].contains { sql.hasPrefix($0) }
            }
            #expect(seen.count > 30)
            for sql in seen where !Self.wholeTables.contains(where: { sql.contains($0) }) {
                try expectNoScan(sql, registry.database)
            }
        }
    }

    private func expectNoScan(_ sql: String, _ database: Database) throws {
        let statement = try database.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
        statement.setUncheckedArguments(StatementArguments())
        let plan = try Row.fetchAll(statement).map { $0["detail"] as String? ?? "" }
        #expect(!plan.contains { $0.hasPrefix("SCAN") && !$0.contains("USING") }, "\(sql): \(plan)")
        if sql.contains("FROM grants"), !sql.contains("FROM agreements") {
            #expect(plan.contains { $0.hasPrefix("SEARCH grants USING") || $0.contains("grants_expiring") })
        }
    }

    private func useEverything(_ registry: RegistryWriter, _ story: Story) throws {
        let grant = story.grant(5, of: person(1), until: noon)
        try registry.insert(grant)
        try registry.update(grant)
        let links = [LinkAssertion(ownerKey: "N1", owner: person(1))]
        _ = try registry.assertLinks(links, in: story.flights)
        _ = try registry.assertLinks([LinkAssertion(ownerKey: "N1", owner: nil)], in: story.flights)
        try registry.decide(story.request, as: .agreed)
        _ = try registry.raiseEpoch(of: story.agreement, to: 3)
        let airport = Principal.organisation(story.airport)
        let answer = IdempotentAnswer(requestDigest: [], status: 200, headers: [:], body: "")
        try registry.remember(answer, to: airport, key: "k")
        try registry.record(event(by: .person(identifier(1))))
        try lookUpParties(registry, story)
        try lookUpGrants(registry, story)
    }

    private func lookUpParties(_ registry: RegistryReader, _ story: Story) throws {
        _ = try registry.organisation(story.airport)
        _ = try registry.organisations(limit: 10)
        _ = try registry.person(identifier(1))
        let thumbprint = try #require(Thumbprint([UInt8](repeating: 1, count: 32)))
        _ = try registry.principal(for: thumbprint)
        _ = try registry.credential(for: thumbprint)
        _ = try registry.credentials(of: .organisation(story.airport))
        _ = try registry.dataset(story.flights)
        _ = try registry.datasets(limit: 10)
        _ = try registry.datasetsOwned(by: person(1))
        _ = try registry.versions(of: story.flights)
        _ = try registry.currentVersions()
        _ = try registry.links(of: story.flights, owner: person(1))
        _ = try registry.links(of: story.flights, ownerKey: "N1")
        _ = try registry.linkHistory(of: story.flights, ownerKey: "N1")
        _ = try registry.datasetsLinked(to: person(1))
        try registry.forEachLink(of: story.flights) { _ in }
        _ = try registry.idempotentAnswer(to: .organisation(story.airport), key: "k", at: noon)
        _ = try registry.salts(ofEntry: [UInt8](repeating: 1, count: 16))
    }

    private func lookUpGrants(_ registry: RegistryReader, _ story: Story) throws {
        for party in [Party.provider(story.airport), .consumer(story.authority)] {
            _ = try registry.requests(of: party, limit: 10)
            _ = try registry.agreements(of: party, limit: 10)
        }
        _ = try registry.agreements(touching: person(1), limit: 10)
        _ = try registry.agreement(story.agreement)
        _ = try registry.agreement(forRequest: story.request)
        _ = try registry.agreements(ofDataset: story.flights)
        _ = try registry.liveAgreements(at: noon)
        _ = try registry.grant(identifier(5))
        _ = try registry.currentGrant(of: story.agreement, owner: person(1))
        _ = try registry.grants(ofOwner: person(1), limit: 10)
        _ = try registry.grantsExpiring(through: noon, limit: 10)
        _ = try registry.nextExpiry()
        try registry.forEachLiveGrant(of: story.agreement, at: noon) { _ in }
        _ = try registry.otherLiveGrants(
            than: identifier(5), of: person(1), consumer: story.authority, dataset: story.flights, at: noon)
    }
}
