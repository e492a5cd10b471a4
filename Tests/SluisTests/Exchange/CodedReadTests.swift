import Cryptography
import Foundation
import Model
import NIOHTTP1
import RemoteHub
import TestSupport
import Testing

@testable import sluis

/// Answers in gzip and zstd.
@Suite("Reads that come compressed", .serialized)
struct CodedReadTests {
    /// Rows that hardly compress, of owners one after the other: what is sent is still much.
    static func csv(owners: Int, rowsOfEach: Int, digits: Int) -> String {
        var random = SeededGenerator.announced("rows that hardly compress")
        var text = "plane,seat,fare\n"
        for owner in 0..<owners {
            for row in 0..<rowsOfEach {
                let words = (0..<digits / 18).map { _ in
                    String(
                        UInt64.random(in: 100_000_000_000_000_000...999_999_999_999_999_999, using: &random))
                }
                text += "K\(owner),\(row),0.\(words.joined())\n"
            }
        }
        return text
    }

    @Test("They are the plain ones, small and large, in CSV and NDJSON; tags and digests are of their own")
    func same() async throws {
        let csv = Self.csv(owners: 4, rowsOfEach: 500, digits: 180)
        let exchange = try await TestExchange(TestHub(), owners: 4, csv: csv)
        for owner in 0..<3 { try await exchange.grant(owner, owner == 2 ? ["fields": ["plane"]] : [:]) }
        let token = try await exchange.token()
        var completions: [(answer: RawAnswer, plain: RawAnswer)] = []
        for type in ["text/csv", "application/x-ndjson"] {
            for query in ["", "?limit=3", "?limit=0", "?where=seat%20%3D%20499", "?order=original"] {
                let plain = try await exchange.raw(token, query, ["Accept": type])
                #expect(
                    plain.headers["Content-Encoding"].isEmpty && plain.headers["Accept-Ranges"] == ["bytes"])
                var tags = plain.headers["ETag"]
                for coding in ["gzip", "zstd"] {
                    let coded = try await exchange.raw(
                        token, query, ["Accept": type, "Accept-Encoding": "\(coding), identity;q=0.5"])
                    #expect(
                        coded.headers["Content-Encoding"] == [coding]
                            && coded.headers["Accept-Ranges"].isEmpty)
                    #expect(coded.headers["Vary"] == plain.headers["Vary"])
                    #expect(try coded.unpacked() == plain.body, "\(type) \(query) \(coding)")
                    #expect(coded.trailers["Repr-Digest"] == [RawAnswer.digest(coded.body)])
                    #expect(coded.trailers["Sluis-Status"] == ["complete"])
                    // Made anew it is the same, byte for byte.
                    let again = try await exchange.raw(
                        token, query, ["Accept": type, "Accept-Encoding": coding])
                    #expect(again.body == coded.body && again.headers["ETag"] == coded.headers["ETag"])
                    tags += coded.headers["ETag"]
                    completions.append((coded, plain))
                }
                #expect(Set(tags).count == 3)
            }
        }
        // A range of what is made as it is sent: all of it comes.
        let tag = try #require(completions.first?.answer.headers.first(name: "ETag"))
        let all = try await exchange.raw(
            token, "", ["Accept-Encoding": "gzip", "Range": "bytes=5-9", "If-Range": tag])
        #expect(all.status == 200 && all.body == completions.first?.answer.body)
        exchange.hub.stop()
        for (coded, plain) in completions {
            let (entry, other) = (try exchange.entry(coded.completion), try exchange.entry(plain.completion))
            // The log speaks of rows, whatever way they went.
            for member in ["rows", "bytes", "epochs", "status", "epoch"] {
                #expect(entry[member] == other[member])
            }
            #expect(entry["bytes"] == .integer(Int64(plain.body.count)))
            #expect(try exchange.deliveries(entry) == exchange.deliveries(other))
            let receipt = try JSON.parse(
                try #require(coded.trailers.first(name: "Sluis-Receipt").flatMap { Base64.decodeURL($0) }))
            let salt = try #require(receipt["salt"]?.string.flatMap { Base64.decodeURL($0) })
            let digest = SHA256.hash(salt + SHA256.hash(plain.body))
            #expect(entry["digest"]?.string == Base64.encodeURL(digest))
        }
    }

    @Test(
        "A withdrawal acts inside them: no row under its epoch or a later one", arguments: ["gzip", "zstd"])
    func withdrawal(coding: String) async throws {
        let owners = 40
        let csv = Self.csv(owners: owners, rowsOfEach: 2000, digits: 360)
        let exchange = try await TestExchange(TestHub(), owners: owners, csv: csv)
        var grants: [JSON] = []
        for owner in 0..<owners { grants.append(try await exchange.grant(owner)) }
        let leaving = [0, 20, 39]
        var returned: [Int: Int64] = [:]
        let read = try await exchange.paused(exchange.token(), "", ["Accept-Encoding": coding]) {
            for owner in leaving {
                let answer = try await exchange.withdraw(grants[owner], by: owner)
                returned[owner] = try #require(answer["epoch"]?.integer)
            }
        }
        #expect(read.trailers["Sluis-Status"] == ["complete"])
        #expect(read.trailers["Repr-Digest"] == [RawAnswer.digest(read.body)])
        let body = try read.unpacked()
        exchange.hub.stop()
        let entry = try exchange.entry(read.completion)
        #expect(entry["bytes"] == .integer(Int64(body.count)) && body.count > read.body.count)
        let epochs = try #require(entry["epochs"]?.array).map { $0.array?.compactMap(\.integer) ?? [] }
        #expect(epochs.count >= 2, "the stream ran through the withdrawals: \(epochs)")
        for owner in leaving {
            let epoch = try #require(returned[owner])
            guard let first = epochs.first(where: { $0[0] >= epoch })?[1] else { continue }
            #expect(!String(decoding: body[Int(first)...], as: UTF8.self).contains("\nK\(owner),"))
        }
        let rows = String(decoding: body, as: UTF8.self).split(separator: "\n").dropFirst()
        let counts = rows.reduce(into: [String: Int]()) {
            $0[String($1.prefix { $0 != "," }), default: 0] += 1
        }
        #expect(counts["K39"] == nil && counts["K38"] == 2000)
        #expect(try exchange.deliveries(entry) == counts)
    }

    @Test("On the command line they come as they are, and are checked; the receipt is of the plain rows")
    func commandLine() async throws {
        let exchange = try await TestExchange(TestHub(), owners: 3)
        for owner in 0..<3 { try await exchange.grant(owner) }
        let scratch = exchange.hub.scratch
        let token = try scratch.file("token", try await exchange.token())
        let options = ["read", "flights", "--token", token, "--profile", exchange.consumer.profile.folder]
        let plain = try Program.run("sluis", options)
        let headers = scratch.path("headers")
        let coded = try Program.run("sluis", options + ["--compress", "--headers", headers])
        #expect(coded.status == 0 && coded.output == plain.output, "\(coded.errors)")
        let lines = try String(contentsOfFile: headers, encoding: .utf8).split(separator: "\n")
        #expect(lines.contains("Content-Encoding: zstd"))
        let receipt = try #require(lines.first { $0.hasPrefix("Sluis-Receipt: ") }).dropFirst(15)
        // The published checkpoint follows a moment later; at the end it has everything.
        exchange.hub.stop()
        let verified = try Program.run(
            "sluis-verify",
            [
                "--dir", exchange.hub.data + "/log", "--vkey", try exchange.hub.vkey(),
                "--receipt", try scratch.file("receipt", String(receipt)),
                "--body", try scratch.file("body", coded.output),
            ])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }
}
