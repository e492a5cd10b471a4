import Model
import Testing

@testable import DataPlane
import TestSupport

@Suite("Owner keys of a connected dataset")
struct ConnectedOwnersTests {
    @Test("every key is found by its exact bytes, and no other, short or long")
    func exact() throws {
        var random = SeededGenerator.announced("connected owners")
        for count in [0, 1, 2, 5, 63, 1_000, 20_000] {
            var keys: Set<String> = []
            while keys.count < count {
                let length = random.pick([1, 4, 7, 8, 9, 10, 11, 12, 13, 20, 254, 255, 256, 300])
                let letters = random.pick(["01", "ab\u{0}", "é€"])
                keys.insert(
                    String((0..<length / 2 + 1).map { _ in random.pick(Array(letters)) })
                        + String(random.next() % UInt64(count), radix: 36))
            }
            let list = keys.shuffled(using: &random)
            let owners = try ConnectedOwners.of(list)
            #expect(owners.count == count)
            for (ordinal, key) in list.enumerated() {
                #expect(owners.ordinal(of: key) == UInt32(ordinal) && owners.key(of: UInt32(ordinal)) == key)
                for other in [key + "x", key + "\u{0}", String(key.dropLast()), "\u{0}" + key]
                where !keys.contains(other) { #expect(owners.ordinal(of: other) == nil) }
            }
        }
    }

    @Test("the empty key is nobody's, and a key may stand there only once")
    func odd() throws {
        let owners = try ConnectedOwners.of(["a", "", "b", ""])
        #expect(owners.ordinal(of: "") == nil && owners.ordinal(of: "b") == 2)
        let long = String(repeating: "k", count: 40)
        for key in ["a", long] {
            #expect(throws: ClientFault(.badInput, "duplicate_owner_key", "", field: "owner_key")) {
                try ConnectedOwners.of([key, "c", key])
            }
        }
    }

    @Test("a filter by the ordinals of other owners is refused")
    func foreign() throws {
        let (one, two) = (try ConnectedOwners.of(["a"]), try ConnectedOwners.of(["b"], version: 2))
        #expect(throws: DataPlaneError.foreignFilter) {
            try ConnectedFilter(owners: one, grants: OwnerFilter(owners: two).snapshot())
        }
    }

    @Test("SipHash-1-3 of texts of every length, by the letter of its description")
    func hash() {
        var random = SeededGenerator.announced("keyed hash")
        for length in 0...70 {
            let hash = KeyedHash(first: random.next(), second: random.next())
            let text = random.bytes(length)
            #expect(hash.of(text.span) == sipHash(text, hash.first, hash.second))
            #expect(hash.pair(of: text.span).0 == hash.of(text.span))
            #expect(hash.pair(of: text.span).1 != hash.of(text.span))
        }
    }

    private func sipHash(_ text: [UInt8], _ first: UInt64, _ second: UInt64) -> UInt64 {
        var v = zip(
            [first, second, first, second],
            [0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573]
        ).map { $0 ^ $1 }
        func round() {
            for (a, b, c, d, turns) in [(0, 1, 2, 3, [13, 16]), (2, 1, 0, 3, [17, 21])] {
                v[a] &+= v[b]
                v[b] = (v[b] << UInt64(turns[0]) | v[b] >> UInt64(64 - turns[0])) ^ v[a]
                v[a] = v[a] << 32 | v[a] >> 32
                v[c] &+= v[d]
                v[d] = (v[d] << UInt64(turns[1]) | v[d] >> UInt64(64 - turns[1])) ^ v[c]
            }
        }
        var padded = text
        while padded.count % 8 != 7 { padded.append(0) }
        padded.append(UInt8(truncatingIfNeeded: text.count))
        for start in stride(from: 0, to: padded.count, by: 8) {
            let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(padded[start + $1]) << UInt64(8 * $1) }
            v[3] ^= word
            round()
            v[0] ^= word
        }
        v[2] ^= 0xFF
        for _ in 0..<3 { round() }
        return v[0] ^ v[1] ^ v[2] ^ v[3]
    }
}
