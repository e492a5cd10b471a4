import Foundation
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

/// What those who watch the hub see.
@Suite("Metrics", .serialized)
struct MetricsTests {
    /// Samples by name and labels; every line must be one of the format's.
    private static func samples(_ hub: TestHub) async throws -> [String: Double] {
        let answer = try await hub.client("watcher").call(.get, "/metrics", on: .people)
        #expect(answer.headers.first(name: "Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
        var samples: [String: Double] = [:]
        var described: Set<String> = []
        for line in String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3).map(String.init)
            if words[0] == "#" {
                if words[1] == "TYPE" {
                    #expect(described.insert(words[2]).inserted, "\(words[2]) is described twice")
                }
                continue
            }
            let match = try #require(line.wholeMatch(of: /([a-z_]+)(\{.*\})? (\S+)/), "\(line)")
            let base = String(match.1).replacing(/_(bucket|sum|count)$/, with: "")
            #expect(described.contains(base) || described.contains(String(match.1)), "\(line)")
            let name = String(match.1) + String(match.2 ?? "")
            #expect(samples.updateValue(try #require(Double(match.3)), forKey: name) == nil, "\(name) twice")
        }
        return samples
    }

    @Test("They count what happens, and name nobody") func counts() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 30)
        for owner in 0..<5 { try await exchange.grant(owner) }
        let before = try await Self.samples(exchange.hub)
        let token = try await exchange.token()
        let rows = try await exchange.read(token).rows.count
        _ = try await exchange.read(token)
        _ = try await exchange.raw(token + "x")
        let after = try await Self.samples(exchange.hub)
        func rise(_ name: String) -> Double { (after[name] ?? 0) - (before[name] ?? 0) }
        let data = "sluis_requests_total{route=\"/data/{dataset}\",method=\"GET\",code="
        #expect(rise(data + "\"200\"}") == 2 && rise(data + "\"401\"}") == 1)
        #expect(rise("sluis_rows_sent_total") == Double(2 * rows) && rows == 15)
        #expect(rise("sluis_rows_withheld_total") == 2 * 450, "25 owners have 450 rows, as readers are told")
        #expect(rise("sluis_data_seconds_count") == 3)
        #expect(rise("sluis_data_seconds_bucket{le=\"+Inf\"}") == 3)
        #expect(rise("sluis_log_entries") == 3, "a token and two reads")
        #expect(rise("sluis_log_commit_seconds_count") == 3)
        #expect(rise("sluis_token_lookups_total{known=\"yes\"}") >= 1)
        #expect(after["sluis_ready"] == 1 && after["sluis_streams"] == 0)
        let buckets = after.filter { $0.key.hasPrefix("sluis_data_seconds_bucket") }.map(\.value).sorted()
        #expect(buckets.count == 14 && buckets.last == after["sluis_data_seconds_count"])
        let text = try await exchange.hub.client("watcher").call(.get, "/metrics", on: .people).bytes
        for name in ["flights", "authority", "airport", "K0"] {
            #expect(!String(decoding: text, as: UTF8.self).contains(name), "\(name)")
        }
    }

    @Test("Alive is not ready") func alive() async throws {
        let hub = try TestHub()
        for listener in [HubClient.Listener.people, .machines] {
            let live = try await hub.client("watcher").call(.get, "/health/live", on: listener)
            #expect(try live.json == ["live": true])
        }
        let csv = CodedReadTests.csv(owners: 1, rowsOfEach: 30_000, digits: 252)
        let exchange = try await TestExchange(hub, owners: 1, csv: csv)
        try await exchange.grant(0)
        let token = try await exchange.token()
        _ = try await exchange.paused(token) {
            let samples = try await Self.samples(hub)
            #expect(samples["sluis_streams"] == 1)
        }
    }
}
