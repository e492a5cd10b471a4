import Cryptography
import MerkleLog
import Model
import Testing

@testable import AuditLog

@Suite("Exports") struct ExportTests {
    private static let hostile = [
        "a,b", "say \"no\"", "line\nbreak", "line\r\nbreak", "=HYPERLINK(\"http://x\")", "+1", "-1", "@cmd",
        "\tx", "\rx", "🐄 é e\u{301}", "", " ", "'", "null", "\u{0}\u{1F}\u{7F}\u{2028}",
    ]

    /// An entry with a hostile text wherever one may stand.
    private static func textEntry(_ text: String, type: String = "access.completed") -> [UInt8] {
        let json: JSON = [
            "v": 1, "type": .string(type), "at": "2026-11-22T06:48:23.123Z",
            "nonce": "AAAAAAAAAAAAAAAAAAAAAA",
            "seq": .null,
            "actor": ["org": .string(text), "client": "c", "x5t": "t", "jti": .null, "kid": "k"],
            "decision": "permit", "reasons": [.string(text), "second"], "dataset": "meters", "version": 2,
            "purpose": .string(text), "fields": [.string(text)], "stream": "c3RyZWFt", "rows": 12,
            "bytes": -5,
            "status": "complete", "unheard_of": .string(text),
        ]
        return json.canonical
    }

    private static let checkpoint = Checkpoint(
        origin: "hub.example/log", size: 9, root: MerkleTree.leafHash(Array("root".utf8)))

    private func line(_ bytes: [UInt8]) throws -> JSON {
        #expect(bytes.last == UInt8(ascii: "\n"))
        #expect(bytes.dropLast().allSatisfy { $0 != UInt8(ascii: "\n") }, "one line")
        return try JSON.parse(bytes.dropLast())
    }

    @Test("A JSON line holds the entry byte for byte", arguments: hostile)
    func jsonLines(_ text: String) throws {
        let entry = Self.textEntry(text)
        let bytes = try JSONLinesEncoder().encode(7, entry)
        let json = try line(bytes)
        #expect(json["index"] == 7)
        #expect(json["entry"]?.canonical == entry)
        #expect(json.object?.count == 2)
        let start = Array("{\"entry\":".utf8)
        #expect(Array(bytes.dropFirst(start.count).prefix(entry.count)) == entry)
    }

    @Test("What is not canonical JSON is kept as it is") func rawEntries() throws {
        for entry in [[0xFF, 0x0A], Array("{ \"a\":1}".utf8), [], Array("{\"a\":1}\n{\"index\":8}".utf8)] {
            let json = try line(JSONLinesEncoder().encode(1, entry))
            #expect(json["raw"]?.string.flatMap { Base64.decode($0) } == entry)
        }
    }

    @Test("CSV is read back cell by cell", arguments: hostile) func csv(_ text: String) throws {
        let encoder = CSVEncoder()
        let rows = Self.rows(encoder.header + encoder.encode(7, Self.textEntry(text)))
        #expect(rows.count == 2)
        #expect(rows[0] == CSVEncoder.columns)
        let cells = Dictionary(uniqueKeysWithValues: zip(rows[0], rows[1]))
        let isFormula = "=+-@\t\r".utf8.contains(text.utf8.first ?? 0)
        #expect(cells["purpose"]?.utf8.elementsEqual((isFormula ? "'" : "").utf8 + Array(text.utf8)) == true)
        #expect(cells["bytes"] == "'-5")
        #expect(cells["index"] == "7")
        #expect(cells["seq"] == "")
        #expect(cells["actor.client"] == "c")
        #expect(cells["grant"] == "")
        #expect(try JSON.parse(#require(cells["reasons"])) == [.string(text), "second"])
        #expect(Array(try #require(cells["entry"]).utf8) == Self.textEntry(text))
        for cell in rows[1] { #expect(!"=+-@\t\r".utf8.contains(cell.utf8.first ?? 0), "\(cell)") }
    }

    @Test("Every entry has all cells, whatever it is") func csvOfOddEntries() {
        for entry in [[], [0xFF], Array("7".utf8), Array("{\"actor\":7,\"at\":[1,2]}".utf8)] {
            let rows = Self.rows(CSVEncoder().encode(0, entry))
            #expect(rows.count == 1)
            #expect(rows[0].count == CSVEncoder.columns.count)
        }
    }

    /// RFC 4180, read by its grammar: every line ends with CRLF.
    private static func rows(_ bytes: [UInt8]) -> [[String]] {
        var (rows, row, cell): ([[String]], [String], [UInt8]) = ([], [], [])
        var isQuoted = false
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let next = place + 1 < bytes.count ? bytes[place + 1] : nil
            place += 1
            switch byte {
            case UInt8(ascii: "\"") where isQuoted && next == byte:
                cell.append(byte)
                place += 1
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ",") where !isQuoted:
                row.append(String(decoding: cell, as: UTF8.self))
                cell = []
            case UInt8(ascii: "\r") where !isQuoted && next == UInt8(ascii: "\n"):
                row.append(String(decoding: cell, as: UTF8.self))
                rows.append(row)
                (row, cell) = ([], [])
                place += 1
            default: cell.append(byte)
            }
        }
        #expect(row.isEmpty && cell.isEmpty && !isQuoted)
        return rows
    }
}

extension ExportTests {
    private static let types =
        EntryType.allCases.map(\.rawValue) + ["org.suspended", "person.erased", "new.one", ""]

    @Test("An OCSF event has what its class requires", arguments: types) func ocsf(_ type: String) throws {
        for text in Self.hostile {
            let entry = Self.textEntry(text, type: type)
            let encoder = OCSFEncoder(checkpoint: Self.checkpoint, productVersion: "1.2.3")
            let event = try line(encoder.encode(7, entry))
            let activity = try #require(event["activity_id"]?.integer)
            let uid = try #require(event["class_uid"]?.integer)
            #expect(event["type_uid"]?.integer == uid * 100 + activity)
            #expect(event["category_uid"]?.integer == uid / 1000)
            #expect(event["time"]?.integer == 1_795_330_103_123)
            #expect(event["severity_id"] == 1)
            #expect(event["metadata"]?["version"] == "1.9.0")
            #expect(event["metadata"]?["product"]?["name"] == "Sluis")
            #expect(event["metadata"]?["uid"] == "hub.example/log/7")
            #expect(event["unmapped"]?["entry"]?.canonical == entry)
            try expectOfClass(uid, activity, event, actor: text)
            let integrity = try #require(event["unmapped"]?["record_integrity"])
            #expect(integrity["leaf_hash"]?.string == Base64.encode(SHA256.hash([0] + entry)))
            #expect(integrity["checkpoint_root"]?.string == Self.checkpoint.root.base64)
            #expect(integrity["checkpoint_size"] == 9)
            #expect(integrity["log_origin"] == "hub.example/log")
            #expect(integrity["index"] == 7)
        }
    }

    /// The attributes that schema version 1.9.0 requires of the class, and the activities it has.
    private func expectOfClass(_ uid: Int64, _ activity: Int64, _ event: JSON, actor: String) throws {
        switch uid {
        case 6003:
            #expect((1...4).contains(activity))
            #expect(event["api"]?["operation"]?.string?.isEmpty == false)
        case 6005:
            #expect(activity == 1)
            #expect(event["table"]?["uid"] == "meters")
        case 3004:
            #expect((1...13).contains(activity))
            #expect(event["entity"]?["uid"]?.string?.isEmpty == false)
            #expect(event["entity"]?["type_id"]?.integer != nil)
        default:
            #expect(uid == 0)
            #expect(activity == 99)
            return
        }
        #expect(event["actor"]?["user"]?["uid"]?.string == actor)
        #expect(event["src_endpoint"]?["name"]?.string == actor)
    }

    @Test("Every type that the hub writes has a class of its own, and known ones the fitting activity")
    func ocsfClasses() {
        for type in EntryType.allCases { #expect(OCSFClass(type: type.rawValue).kind != .base, "\(type)") }
        let fitting: [(String, Int64)] = [
            ("access.decided", 600302), ("access.completed", 600501), ("access", 600501),
            ("token.issued", 600301), ("grant.requested", 300401), ("grant.given", 300408),
            ("grant.amended", 300403), ("grant.withdrawn", 300409), ("agreement.made", 300401),
            ("agreement.ended", 300409), ("org.suspended", 300412), ("person.erased", 300404),
            ("grant.", 99), ("grant.given.twice", 99), (".", 99),
        ]
        for (type, uid) in fitting {
            let found = OCSFClass(type: type)
            #expect(found.uid * 100 + found.activity.id == uid, "\(type)")
        }
    }

    @Test("A denial and a cut stream are failures") func ocsfStatus() throws {
        let encoder = OCSFEncoder(checkpoint: Self.checkpoint, productVersion: "1")
        let cases: [(JSON, Int64)] = [
            (["type": "access.decided", "decision": "deny", "reasons": ["no_grant", "late"]], 2),
            (["type": "access.completed", "decision": "permit", "status": "cut"], 2),
            (["type": "access.completed", "decision": "permit", "status": "complete"], 1),
            (["type": "grant.given"], 1),
        ]
        for (entry, status) in cases {
            let event = try line(encoder.encode(0, entry.canonical))
            #expect(event["status_id"]?.integer == status)
        }
        let denied = try line(encoder.encode(0, cases[0].0.canonical))
        #expect(denied["status_detail"] == "no_grant, late")
    }

    @Test("What is no JSON is an event all the same") func ocsfOfOddEntries() throws {
        let encoder = OCSFEncoder(checkpoint: Self.checkpoint, productVersion: "1")
        for entry in [[], [0xFF], Array("[1]".utf8), Array("{\"actor\":[],\"type\":7,\"at\":7}".utf8)] {
            let event = try line(encoder.encode(0, entry))
            #expect(event["class_uid"] == 0)
            #expect(event["type_uid"] == 99)
        }
    }

    @Test("An export gives every entry of the range, in pieces, with proofs that verify") func streaming()
        async throws
    {
        let directory = try DataDirectory()
        let log = try directory.open()
        let all = (0..<700).map { entry(String(repeating: "x", count: $0)) }
        try await log.appendAll(all)
        let checkpoint = try await log.published(covering: 699)
        let encoder = JSONLinesEncoder { try log.proof(of: $0, under: checkpoint) }
        var export = log.export(5..<700, as: encoder)
        var bytes: [UInt8] = []
        var pieces = 0
        while let piece = try export.next() {
            #expect(piece.count < 80_000)
            bytes += piece
            pieces += 1
        }
        #expect(pieces > 5)
        let lines = try bytes.split(separator: UInt8(ascii: "\n")).map { try JSON.parse($0) }
        #expect(lines.map { $0["index"]?.integer } == (5..<700).map { Int64($0) })
        #expect(lines.map { $0["entry"]?.canonical } == Array(all[5...]))
        let verifier = try NoteVerifier(vkey: directory.signer.vkey)
        for place in [0, 400, 694] {
            let text = try #require(lines[place]["proof"]?.string)
            let opened = try TlogProof(Array(text.utf8)).verify(entry: all[place + 5], log: verifier)
            #expect(opened.size == 700)
        }
        log.close()
    }

    @Test("Entries are read back, and none that is not there") func reading() async throws {
        let directory = try DataDirectory()
        let log = try directory.open()
        #expect(throws: LogError.self) { try log.entry(at: 0) }
        let all = entries(0..<600)
        try await log.appendAll(all)
        _ = try await log.published(covering: 599)
        #expect(try log.entries(in: 0..<600) == all)
        #expect(try log.entries(in: 250..<520) == Array(all[250..<520]))
        #expect(try log.entries(in: 600..<600) == [])
        #expect(try log.entry(at: 599) == all[599])
        for range: Range<UInt64> in [599..<601, 600..<601, .max - 1..<(.max)] {
            let error = #expect(throws: LogError.self) { try log.entries(in: range) }
            #expect(error?.code == .missingEntries)
        }
        log.close()
        try directory.remove(directory.path + "/log/tile/entries/001")
        #expect(throws: LogError.self) { try log.entries(in: 250..<260) }
        try directory.write([0, 9], to: directory.path + "/log/tile/entries/000")
        let error = #expect(throws: LogError.self) { try log.entry(at: 3) }
        #expect(error?.code == .missingEntries)
    }

    @Test("Entries are read while the log goes on") func readingWhileWriting() async throws {
        let directory = try DataDirectory()
        let log = try directory.open()
        let all = entries(0..<4000)
        async let reading: Void = {
            var size: UInt64 = 0
            while size < 4000 {
                var reader = log.entryReader
                for index in size..<reader.size { #expect(try reader.entry(at: index) == all[Int(index)]) }
                size = reader.size
                try await Task.sleep(for: .milliseconds(1))
            }
        }()
        for start in stride(from: 0, to: 4000, by: 100) {
            try await log.appendAll(Array(all[start..<start + 100]))
            try await Task.sleep(for: .milliseconds(20))
        }
        try await reading
        log.close()
    }
}
