import Consent
import Model
import Registry
import Testing

/// Byte for byte: two spellings of one character are two keys.
typealias Key = [UInt8]

/// What one owner's grant comes to.
struct NaiveGrant {
    var keys: [Key]?
    var fields: [String]
    var until: Instant?

    func releases(_ key: Key, at now: Instant) -> Bool {
        (keys?.contains(key) ?? true) && (until.map { now < $0 } ?? true)
    }
}

/// Which rows may flow, worked out row by row from what everybody said.
struct Naive {
    var rows: [[String]] = []
    var version = 1
    var links: [Key: (owner: Owner, since: Int)] = [:]
    var grants: [Owner: NaiveGrant] = [:]

    func lines(_ fields: [String], at now: Instant) -> [String] {
        rows.compactMap { row in
            let key = Key(row[0].utf8)
            guard let link = links[key], link.since <= version, let grant = grants[link.owner],
                grant.releases(key, at: now), fields.contains(where: grant.fields.contains)
            else { return nil }
            return fields.map { field in
                grant.fields.contains(field) ? row[World.fields.firstIndex(of: field) ?? 0] : ""
            }.joined(separator: ",")
        }.sorted()
    }
}

extension World {
    /// Compares the rows that flow with what the registry says, all being quiet.
    func expectExact(
        _ agreement: AgreementID, _ rows: [[String]], version: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var naive = Naive(rows: rows, version: version)
        let now = exchange.now
        try registry.read { reader in
            try reader.forEachLink(of: slug("meters")) {
                naive.links[Key($0.ownerKey.utf8)] = ($0.owner, $0.sinceVersion)
            }
            try reader.forEachLiveGrant(of: agreement, at: now) {
                naive.grants[$0.owner] = NaiveGrant(
                    keys: $0.ownerKeys?.map { Key($0.utf8) }, fields: $0.fieldIDs, until: $0.validUntil)
            }
        }
        let fields = try #require(try exchange.agreement(agreement)).fields
        #expect(
            try self.rows(agreement) == naive.lines(fields, at: now), "rows and registry differ",
            sourceLocation: sourceLocation)
    }
}

/// Whether a task ends by itself within this time. Only for a caller who may rightly have to wait for another
/// one that the test still holds.
func ends<Value: Sendable>(_ task: Task<Value, any Error>, withinMilliseconds limit: Int = 300) async -> Bool
{
    await withTaskGroup(of: Bool.self) { group in
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        Task {
            _ = await task.result
            continuation.finish()
        }
        group.addTask {
            for await _ in stream {}
            return !Task.isCancelled
        }
        group.addTask {
            try? await Task.sleep(for: .milliseconds(limit))
            return false
        }
        let first = await group.next() ?? false
        group.cancelAll()
        return first
    }
}
