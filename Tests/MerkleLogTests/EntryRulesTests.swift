@testable import MerkleLog
import Model
import Testing
import TestSupport

@Suite struct EntryRulesTests {
    private func violation(_ entries: [String]) -> String? {
        var rules = EntryRules()
        for entry in entries {
            if let violation = rules.violation(in: Array(entry.utf8)) { return violation }
        }
        return nil
    }

    private func entry(_ time: String, _ number: String) -> String {
        #"{"at":"2026-11-22T07:00:0\#(time)Z","seq":\#(number),"v":1}"#
    }

    @Test func whatTheHubWritesIsAccepted() {
        #expect(violation([]) == nil)
        #expect(violation((0..<50).map { String(decoding: LogFixture.entry($0), as: UTF8.self) }) == nil)
        #expect(violation([entry("0.000", "1"), entry("0.000", "2"), entry("1.000", "9")]) == nil)
        #expect(violation([entry("0.000", "7"), entry("0.000", "null"), entry("0.000", "8")]) == nil)
        #expect(violation([#"{"at":"2026-11-22T07:00:00.000Z","v":1}"#]) == nil)
    }

    @Test func numbersAscendWhateverTheTimes() {
        #expect(violation([entry("0.000", "2"), entry("0.000", "2")]) == "its number 2 does not follow 2")
        #expect(
            violation([entry("0.000", "2"), entry("0.000", "null"), entry("0.000", "1")])
                == "its number 1 does not follow 2")
        #expect(violation([entry("1.000", "1"), entry("0.999", "2"), entry("1.000", "3")]) == nil)
    }

    @Test(arguments: [
        ("", "not JSON"), ("\u{0}", "not JSON"), ("{", "not JSON"), ("[]", "not an object"),
        ("1", "not an object"),
        (#"{"v":1,"at":"2026-11-22T07:00:00.000Z"}"#, "not in canonical form"),
        (#"{"at":"2026-11-22T07:00:00.000Z", "v":1}"#, "not in canonical form"),
        (#"{"at":"2026-11-22T07:00:00.000Z","v":1.0}"#, "not in canonical form"),
        (#"{"at":"2026-11-22T07:00:00.000Z","v":1,"v":1}"#, "not JSON"),
        (#"{"at":"2026-11-22T07:00:00.000Z","v":2}"#, "member `v` is not 1"),
        (#"{"at":"2026-11-22T07:00:00.000Z","v":"1"}"#, "member `v` is not 1"),
        (#"{"at":"2026-11-22T07:00:00.000Z"}"#, "member `v` is not 1"), (#"{"v":1}"#, "member `at` is not"),
        (#"{"at":1,"v":1}"#, "member `at` is not"),
        (#"{"at":"2026-11-22T07:00:00Z","v":1}"#, "member `at` is not"),
        (#"{"at":"2026-11-22T08:00:00.000+01:00","v":1}"#, "member `at` is not"),
        (#"{"at":"2026-11-22T07:00:00.000Z","seq":"1","v":1}"#, "member `seq` is neither"),
        (#"{"at":"2026-11-22T07:00:00.000Z","seq":1.5,"v":1}"#, "member `seq` is neither"),
    ])
    func anEntryThatIsNoneIsRefused(entry: String, reason: String) {
        #expect(violation([entry])?.hasPrefix(reason) == true, "\(violation([entry]) ?? "accepted")")
    }

    @Test(arguments: [0, 255, 256, 299])
    func aViolationIsReportedAsTheEntryAtItsIndex(index: Int) throws {
        let log = try LogFixture(sizes: [300]) {
            $0 == index ? Array(#"{"v":1,"at":null}"#.utf8) : LogFixture.entry($0)
        }
        let failure = try #require(log.verify().failure)
        #expect(failure.index == UInt64(index) && failure.reason == "not in canonical form")
        #expect(failure.subject == .entry(in: index < 256 ? "tile/entries/000" : "tile/entries/001.p/44"))
        #expect(log.verify { $0.checksEntries = false }.isVerified)
    }
}

/// The rules as they are meant, without any quick way: the whole value is read, written again and compared.
private struct ReferenceRules {
    private var newest: Int64?

    mutating func violation(in entry: [UInt8]) -> String? {
        let json: JSON
        do { json = try JSON.parse(entry) } catch { return "not JSON: \(error)" }
        guard json.object != nil else { return "not an object" }
        guard json.canonical == entry else { return "not in canonical form" }
        guard json["v"] == 1 else { return "member `v` is not 1" }
        guard let text = json["at"]?.string, Instant(text)?.description == text else {
            return "member `at` is not a time in UTC with milliseconds"
        }
        guard let member = json["seq"], member != .null else { return nil }
        guard let number = member.integer else { return "member `seq` is neither an integer nor null" }
        if let newest, number <= newest { return "its number \(number) does not follow \(newest)" }
        newest = number
        return nil
    }
}

@Suite struct ReferenceRulesTests {
    private static let times = [
        "2026-11-22T07:00:00.000Z", "2024-02-29T23:59:59.999Z", "2023-02-29T00:00:00.000Z",
        "2026-11-22T24:00:00.000Z", "2026-12-31T23:59:60.000Z", "2026-11-22t07:00:00.000Z",
        "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "2026-11-22T07:00:00.0000Z", "2026-11-22", "",
    ]

    private func entry(_ number: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var members: [String: JSON] = [
            "v": random.chance(95) ? 1 : random.pick([2, "1", .null, .number(1.5)]),
            "at": .string(random.chance(80) ? Self.times[0] : random.pick(Self.times)),
            "type": "access", "fields": ["meter", "kwh"], "withheld": ["rows": 10, "owners": -3],
            "text": .string(
                random.pick(["", "plain", "a long plain text of many words", "\u{E9}", "\"\\\n"])),
        ]
        members["seq"] =
            random.chance(50)
            ? .integer(Int64(number)) : random.pick([nil, .null, 1, "1", .number(0.5), .integer(1 << 60)])
        if random.chance(3) { members["at"] = random.pick([nil, .null, 7, ["x"]]) }
        return JSON.object(members).canonical
    }

    private func mutated(_ entry: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var entry = entry
        for _ in 0..<Int.random(in: 1...2, using: &random) where !entry.isEmpty {
            let position = Int.random(in: entry.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: entry[position] = random.pick(Array(#"{}[]":,0123 -.eE\tnTZv"#.utf8))
            case 1: entry.remove(at: position)
            case 2: entry.insert(entry[position], at: position)
            default: entry[position] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return entry
    }

    @Test func theQuickRulesSayWhatTheFullOnesSay() {
        var random = SeededGenerator()
        var accepted = 0
        for _ in 0..<400 {
            var (quick, full) = (EntryRules(), ReferenceRules())
            for number in 0..<50 {
                let entry = entry(number, &random)
                let tried = random.chance(60) ? entry : mutated(entry, &random)
                let expected = full.violation(in: tried)
                #expect(
                    quick.violation(in: tried) == expected,
                    "\(String(decoding: tried, as: UTF8.self)); \(replay)")
                if expected == nil { accepted += 1 }
            }
        }
        #expect(accepted > 3000)
    }

    @Test func everyChangedByteOfATimeIsJudgedAsInstantDoes() {
        for time in Self.times {
            for position in 0..<max(1, time.utf8.count) {
                for byte in [UInt8](0x20..<0x7F) {
                    var bytes = Array(time.utf8)
                    if position < bytes.count { bytes[position] = byte }
                    let text = String(decoding: bytes, as: UTF8.self)
                    #expect(WrittenTime.isOne(bytes.span) == (Instant(text)?.description == text), "\(text)")
                }
            }
        }
    }
}

/// The quick reading of entries against the full one.
@Suite struct PlainEntryScannerTests {
    /// Mostly plain, now and then with what the quick reading leaves alone.
    private func random(_ depth: Int, _ random: inout SeededGenerator) -> JSON {
        let isStrange = Int.random(in: 0..<12, using: &random) == 0
        switch depth == 0 ? 0 : Int.random(in: depth > 3 ? 2...5 : 0...5, using: &random) {
        case 0:
            let plain = ["v", "at", "seq", "a", "b", "", "atx", "~"].filter { _ in
                Bool.random(using: &random)
            }
            let names = plain + (isStrange ? ["\u{E9}", "\""] : [])
            return .object(
                Dictionary(uniqueKeysWithValues: names.map { ($0, self.random(depth + 1, &random)) }))
        case 1:
            return .array(
                (0..<Int.random(in: 0...3, using: &random)).map { _ in self.random(depth + 1, &random) })
        case 2: return Bool.random(using: &random) ? .null : .bool(Bool.random(using: &random))
        case 3: return .integer(isStrange ? Int64(random.next() >> 11) : Int64(random.next() % 100) - 9)
        case 4: return isStrange ? .number(-0.25) : .integer(0)
        default:
            let texts = isStrange ? ["\\", "\u{1F600}", "\n", "\u{7F}"] : ["", "x y", "2026", "/"]
            return .string(texts.randomElement(using: &random) ?? "")
        }
    }

    @Test func whatItAcceptsIsCanonicalAndHasTheHeadItSays() throws {
        var random = SeededGenerator()
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = self.random(0, &random).canonical
            if !bytes.isEmpty, Bool.random(using: &random) {
                let position = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0:
                    bytes[position] = Array(#"{}[]":,0123 -.eE\tn"#.utf8).randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: position)
                default: bytes.insert(bytes[position], at: position)
                }
            }
            guard let head = PlainEntryScanner.head(of: bytes) else { continue }
            accepted += 1
            let text = String(decoding: bytes, as: UTF8.self)
            let json = try JSON.parse(bytes)
            #expect(json.canonical == bytes && EntryHead(json) == head, "\(text); \(replay)")
        }
        #expect(accepted > 500)
    }

    @Test func whatTheHubWritesTakesTheQuickWay() {
        for number in 0..<20 { #expect(PlainEntryScanner.head(of: LogFixture.entry(number)) != nil) }
    }

    @Test(arguments: [
        "", "{", "}", "{}x", " {}", "[]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{"b":1,"a":2}"#,
        #"{"a":1,"a":2}"#,
        #"{"a":01}"#, #"{"a":-0}"#, #"{"a":-}"#, #"{"a":1.5}"#, #"{"a":1e5}"#, #"{"a":1234567890123456}"#,
        #"{"a":"\n"}"#, #"{"a":"é"}"#, #"{"a":tru}"#, #"{"a":nul}"#, #"{"a":[1,]}"#, #"{"a":[1 ,2]}"#,
        #"{"v":{}}"#,
        #"{"at":true}"#, #"{"a":"x"#, #"{"a":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}"#,
    ])
    func itLeavesTheRestToTheFullReader(text: String) {
        #expect(PlainEntryScanner.head(of: Array(text.utf8)) == nil)
    }
}
