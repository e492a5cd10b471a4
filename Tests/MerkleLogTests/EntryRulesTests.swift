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
