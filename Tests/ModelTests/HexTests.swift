import Testing

@testable import Model
import TestSupport

@Suite("Hex: lower case out, either case in")
struct HexTests {
    /// RFC 4648 section 10, which writes upper case.
    @Test(
        "The vectors of RFC 4648 hold",
        arguments: [
            ("", ""), ("f", "66"), ("fo", "666F"), ("foo", "666F6F"), ("foob", "666F6F62"),
            ("fooba", "666F6F6261"),
            ("foobar", "666F6F626172"),
        ])
    func rfc4648(plain: String, encoded: String) {
        #expect(Hex.encode(plain.utf8) == encoded.lowercased())
        #expect(Hex.decode(encoded) == Array(plain.utf8))
        #expect(Hex.decode(encoded.lowercased()) == Array(plain.utf8))
    }

    @Test(
        "Half a byte, a prefix, space and other scripts are refused",
        arguments: ["0", "abc", "0x", "0x12", "1 ", " 1", "g0", "0g", "é", "٠١", "1\u{0}", "-1", "+1"])
    func refuses(text: String) { #expect(Hex.decode(text) == nil) }

    @Test("All 16,384 pairs of ASCII characters read only where both are digits")
    func everyPair() {
        for first in UInt8.min...127 {
            for second in UInt8.min...127 {
                let text = String(decoding: [first, second], as: UTF8.self)
                #expect(
                    Hex.decode(text)?.first
                        == UInt8(text, radix: 16).flatMap { [43, 45].contains(first) ? nil : $0 })
            }
        }
    }

    @Test("Random bytes come back")
    func roundTrip() {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let bytes = random.bytes(.random(in: 0...64, using: &random))
            let text = Hex.encode(bytes)
            #expect(text.utf8.count == 2 * bytes.count)
            #expect(Hex.decode(text) == bytes, "\(replay)")
            #expect(Hex.decode(text.uppercased()) == bytes, "\(replay)")
        }
    }
}
