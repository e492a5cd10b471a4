import Foundation
import Model
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// `sluis dataset inspect` and `verify`, on a real hub.
@Suite("What a dataset is made of, and whether it is whole", .serialized)
struct DatasetToolsTests {
    private static let path = "/api/v1/datasets/flights"

    private func run(_ command: String, _ client: HubClient, _ more: [String] = []) throws -> Program.Result {
        try Program.run(
            "sluis", ["dataset", command, "flights", "--profile", client.profile.folder] + more)
    }

    @Test("Versions, segments, fields and files as they lie on the disk, for provider and operator")
    func inspect() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        _ = try await exchange.provider.call(
            .post, Self.path + "/data", body: .bytes(Array("plane,seat,fare\nK9,1,1\n".utf8), "text/csv"))
        let text = try run("inspect", exchange.hub.operatorClient)
        #expect(text.status == 0 && text.output.contains("version 2"), "\(text.output)\(text.errors)")
        #expect(text.output.contains("9 rows of 4 owners; 2 rows of nobody"), "\(text.output)")
        let printed = try run("inspect", exchange.provider, ["--json"])
        let json = try JSON.parse(printed.output)
        #expect(json["dataset"] == "flights" && json["owner_rule"] == "column")
        #expect(json["versions"]?.array?.map { $0["version"] } == [2, 1])
        let stored = try #require(json["stored"])
        #expect(stored["rows"] == 9 && stored["owners"] == 4 && stored["base"] == 1)
        #expect(stored["fields"]?.array?.map { $0["id"] } == ["plane", "seat", "fare"])
        let sizes = try #require(stored["sizes"]?.object)
        let parts = ["text_bytes", "structure_bytes", "owner_bytes", "other_bytes"]
        #expect(parts.reduce(0) { $0 + (sizes[$1]?.integer ?? 0) } == sizes["bytes"]?.integer)
        let listed = try await exchange.hub.storedFiles("flights", by: exchange.provider)
        #expect(try exchange.hub.datasetFiles() == listed)
        let size = try listed.reduce(0) { total, name in
            let file = exchange.hub.data + "/data/flights/" + name
            return try total + ((FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0)
        }
        #expect(sizes["bytes"] == .integer(Int64(size)))
        try await projections(exchange)
        let other = try await exchange.hub.organisation("other", roles: ["provider"])
        for route in ["inspection", "verification"] {
            let foreign = try await other.problem(.get, "\(Self.path)/\(route)")
            #expect(foreign.status == 404 && foreign.code == "dataset_unknown")
        }
    }

    /// What is read twice is copied in those fields, and the copy is no file of the dataset.
    private func projections(_ exchange: TestExchange) async throws {
        try await exchange.grant(2)
        let token = try await exchange.token()
        let expected = try await exchange.read(token, query: "?fields=fare,plane").text
        var output = ""
        for turn in 0..<1_200 where !output.contains("a projection of fare, plane takes 131072 bytes") {
            // Never the same question twice: that would not read the rows again.
            let read = try await exchange.read(
                token, query: "?fields=fare,plane", accept: "text/csv, application/x-\(turn)")
            #expect(read.text == expected)
            output = try run("inspect", exchange.provider).output
        }
        #expect(output.contains("a projection of fare, plane takes 131072 bytes"), "\(output)")
        let listed = try await exchange.hub.storedFiles("flights", by: exchange.provider)
        #expect(try exchange.hub.datasetFiles() == listed)
    }

    @Test("A whole dataset is verified, and the first damage named by file and block")
    func verify() async throws {
        let rows = (0..<30_000).map { "K\($0 % 3),\($0),\($0).5\n" }.joined()
        let exchange = try await TestExchange(TestHub(), owners: 3, csv: "plane,seat,fare\n" + rows)
        let whole = try run("verify", exchange.provider)
        #expect(whole.status == 0 && whole.errors.isEmpty, "\(whole.errors)")
        #expect(whole.output.hasPrefix("verified ") && whole.output.hasSuffix(" blocks, 30000 rows\n"))
        let json = try JSON.parse(try run("verify", exchange.hub.operatorClient, ["--json"]).output)
        #expect(json["verified"] == true && json["rows"] == 30_000 && json["version"] == 1)
        #expect(json["bytes"] == json["total_bytes"])
        let damages: [(file: String, block: JSON)] = [
            ("rows-1-0", .integer((json["blocks"]?.integer ?? 0) - 1)), ("owners", nil), ("blocks-1-0", nil),
            ("manifest.json", nil),
        ]
        for (name, block) in damages {
            let url = URL(filePath: exchange.hub.data + "/data/flights/1/" + name)
            let content = try Data(contentsOf: url)
            var damaged = content
            damaged[damaged.count - 5] ^= 1
            try overwrite(url, damaged)
            let result = try run("verify", exchange.provider, ["--json"])
            let found = try JSON.parse(result.output)
            #expect(result.status == 1 && found["verified"] == false, "\(name): \(result)")
            #expect(found["file"] == .string("flights/1/\(name)") && found["block"] == block, "\(found)")
            #expect(result.errors.contains("publish the dataset anew"), "\(result.errors)")
            try overwrite(url, content)
        }
        #expect(exchange.hub.errors.contains("stored data are damaged"))
        #expect(try run("verify", exchange.provider).status == 0)
    }

    /// In place: the hub has the file open.
    private func overwrite(_ url: URL, _ content: Data) throws {
        let file = try FileHandle(forWritingTo: url)
        try file.write(contentsOf: content)
        try file.close()
    }

    @Test("Without data there is nothing to verify, and inspection says so")
    func noData() async throws {
        let hub = try TestHub()
        let provider = try await hub.organisation("airport", roles: ["provider"])
        _ = try await provider.call(.post, "/api/v1/datasets", body: .json(TestExchange.describe("flights")))
        let problem = try await provider.problem(.get, Self.path + "/verification")
        #expect(problem.status == 404 && problem.code == "no_data")
        let inspection = try run("inspect", provider)
        #expect(inspection.status == 0 && inspection.output.contains("no data yet"), "\(inspection.errors)")
    }

    @Test(
        "A merge waits for room on the disk, and inspection says what it would do",
        .enabled(if: Tmpfs.isAvailable, "this process may not mount a file system"))
    func mergeWithoutRoom() async throws {
        let disk = try Tmpfs(sizeKiB: 65_536)
        let rows = (0..<100_000).map { "K0,\($0),\($0).5\n" }.joined()
        let exchange = try await TestExchange(
            TestHub(settings: "disk_reserve_bytes: 0\n", in: disk.path), owners: 0,
            csv: "plane,seat,fare\n" + rows)
        func segments() throws -> Int {
            try exchange.hub.datasetFiles().filter { $0.contains("/rows-") }.count
        }
        func append(_ rows: String) async throws {
            let body = HubBody.bytes(Array("plane,seat,fare\n\(rows)".utf8), "text/csv")
            _ = try await exchange.provider.call(.post, Self.path + "/data", body: body)
        }
        try disk.fill(leavingKiB: 6_144)
        try await append(rows)
        // Whoever inspects it waits for no merge; had there been room, it would have begun before.
        try await Task.sleep(for: .seconds(1))
        #expect(try segments() == 2)
        let json = try JSON.parse(try run("inspect", exchange.provider, ["--json"]).output)
        #expect(json["stored"]?["merge"]?["rows"] == 200_000)
        #expect(try run("inspect", exchange.provider).output.contains("a merge would make the last 2"))
        try disk.drain()
        try await append("K0,1,1\n")
        try await exchange.hub.until { try segments() == 1 }
        let merged = try JSON.parse(try run("inspect", exchange.provider, ["--json"]).output)
        #expect(merged["stored"]?["rows"] == 200_001 && merged["stored"]?["merge"] == .null)
        withExtendedLifetime(disk) {}
    }

    @Test("Pieces of lines make lines, whatever the cuts")
    func lines() throws {
        let text = Array("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n".utf8)
        for cut in 1...text.count {
            var lines = AnswerLines()
            for start in stride(from: 0, to: text.count, by: cut) {
                _ = try lines.take(Array(text[start..<min(start + cut, text.count)]))
            }
            #expect(lines.last == ["a": 3], "\(cut)")
        }
        var broken = AnswerLines()
        #expect(throws: Refusal.self) { try broken.take(Array("{\n".utf8)) }
    }
}
