import Testing

@testable import Model
import TestSupport

@Suite("An identifier is a UUID of version 7, lower case, typed by what it names")
struct IdentifierTests {
    /// RFC 9562 appendix A.6.
    @Test("The example of RFC 9562 has the layout we write")
    func rfc9562() {
        let id = GrantID(at: Instant(milliseconds: 0x017F_22E2_79B0), random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(GrantID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f") == id)
        #expect(Instant(milliseconds: 0x017F_22E2_79B0).description == "2022-02-22T19:22:22.000Z")
    }

    @Test("Whatever the randomness, time, version and variant stand where they belong")
    func layout() throws {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let time = Int64.random(in: 0...0xFFFF_FFFF_FFFF, using: &random)
            let bits = (UInt16.random(in: 0...UInt16.max, using: &random), random.next())
            let id = PersonID(at: Instant(milliseconds: time), random: bits)
            let bytes = id.bytes
            #expect(bytes.count == 16)
            #expect(bytes[..<6].reduce(0) { $0 << 8 | Int64($1) } == time, "\(replay)")
            #expect(bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2, "\(replay)")
            #expect(UInt16(bytes[6] & 15) << 8 | UInt16(bytes[7]) == bits.0 & 0xFFF, "\(replay)")
            #expect(
                bytes[8...].reduce(0) { $0 << 8 | UInt64($1) } & (1 << 62 - 1) == bits.1 & (1 << 62 - 1),
                "\(replay)")
            #expect(PersonID(id.description) == id, "\(replay)")
            #expect(id.description.utf8.count == 36)
        }
    }

    @Test("Identifiers sort by time, and their text sorts the same way")
    func order() {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let times = (0..<2).map { _ in Int64.random(in: 0...0xFFFF_FFFF_FFFF, using: &random) }
            let ids = times.map {
                AgreementID(
                    at: Instant(milliseconds: $0), random: (.random(in: 0...9, using: &random), random.next())
                )
            }
            if times[0] != times[1] { #expect((ids[0] < ids[1]) == (times[0] < times[1]), "\(replay)") }
            #expect((ids[0] < ids[1]) == (ids[0].description < ids[1].description), "\(replay)")
        }
    }

    @Test("A time outside 48 bits counts as the nearest that fits, so order never turns over")
    func extremes() {
        let ids = [Int64.min, -1, 0, 1, 0xFFFF_FFFF_FFFF, 0x1_0000_0000_0000, Int64.max].map {
            RequestID(at: Instant(milliseconds: $0), random: (0, 0))
        }
        #expect(ids.sorted() == ids)
        #expect(ids[0] == ids[2] && ids[4] == ids[6])
        #expect(ids[6].description == "ffffffff-ffff-7000-8000-000000000000")
    }

    @Test("Two of one millisecond differ in each of the 74 random bits, and in no other")
    func randomBits() {
        let zero = GrantID(at: Instant(milliseconds: 5), random: (0, 0))
        let high = (0..<16).map { GrantID(at: Instant(milliseconds: 5), random: (1 << UInt16($0), 0)) }
        let low = (0..<64).map { GrantID(at: Instant(milliseconds: 5), random: (0, 1 << UInt64($0))) }
        #expect(Set(high + low).subtracting([zero]).count == 74)
    }

    @Test(
        "Upper case, another version or variant, and every other spelling are refused",
        arguments: [
            "", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-08c4-dc0c0c07398f", "017f22e2-79b0-7cc3-c8c4-dc0c0c07398f",
            "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07-98f", " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{e9}", "00000000-0000-0000-0000-000000000000",
        ])
    func refuses(text: String) { #expect(GrantID(text) == nil) }
}
