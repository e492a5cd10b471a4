import Foundation
import Testing

@testable import Model
import TestSupport

@Suite("Base64: each run of bytes has one text, and only that text reads")
struct Base64Tests {
    /// RFC 4648 section 10.
    static let vectors = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test("The vectors of RFC 4648 hold in both directions and both alphabets", arguments: vectors)
    func rfc4648(plain: String, encoded: String) {
        let bytes = Array(plain.utf8)
        let unpadded = encoded.filter { $0 != "=" }
        #expect(Base64.encode(bytes) == encoded)
        #expect(Base64.decode(encoded) == bytes)
        #expect(Base64.encodeURL(bytes) == unpadded)
        #expect(Base64.decodeURL(unpadded) == bytes)
    }

    @Test("The two alphabets differ in two characters, and neither takes the other's")
    func alphabets() {
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(Base64.encodeURL([0xFB, 0xFF]) == "-_8")
        #expect(Base64.decode("-_8=") == nil)
        #expect(Base64.decodeURL("+/8") == nil)
    }

    @Test(
        "Standard base64 with wrong padding, stray bits or foreign characters is refused",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "Zg====", "Zm8", "Zm8==", "Zm9v=", "Zm9v==", "Zm9v====", "=", "==",
            "===", "====",
            "=Zg=", "Z=g=", "Zg=A", "A===", "Zh==", "Zm9=", "Zm9vYh==", " Zg==", "Zg== ", "Zg==\n",
            "Zm9v\nYg==",
            "Zm 9v", "Zm9v\u{0}Yg=", "Zm9é", "Zg==Zg==", "*m9v", "Zm9v,Zm9", "\u{FEFF}Zm9v",
        ])
    func refusesStandard(text: String) { #expect(Base64.decode(text) == nil) }

    @Test(
        "URL-safe base64 with padding, stray bits or foreign characters is refused",
        arguments: [
            "Z", "Zg==", "Zm8=", "Zm9vY", "Zh", "Zm9", "Zm9vYh", "=", "Zg ", " Zg", "Z\ng", "Zm+v", "Zm/v",
            "Zm9é", "Zg\u{0}",
        ]
    )
    func refusesURL(text: String) { #expect(Base64.decodeURL(text) == nil) }

    @Test("Of all texts of four characters over a small alphabet, each that reads is the one we write")
    func exhaustive() {
        let alphabet = Array("AQgw_-+/=")
        for number in 0..<9 * 9 * 9 * 9 {
            let text = String([1, 9, 81, 729].map { alphabet[number / $0 % 9] })
            for length in 0...4 {
                let part = text.prefix(length)
                if let bytes = Base64.decode(part) { #expect(Base64.encode(bytes) == part) }
                if let bytes = Base64.decodeURL(part) { #expect(Base64.encodeURL(bytes) == part) }
            }
        }
    }

    @Test("Random bytes come back, and Foundation writes and reads the same")
    func agreesWithFoundation() {
        var random = SeededGenerator()
        for _ in 0..<3000 {
            let bytes = random.bytes(.random(in: 0...200, using: &random))
            let text = Base64.encode(bytes)
            #expect(text == Data(bytes).base64EncodedString(), "\(replay)")
            #expect(Base64.decode(text) == bytes, "\(replay)")
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes, "\(replay)")
        }
    }

    @Test("One changed character never reads as the same bytes")
    func noTwoTexts() {
        var random = SeededGenerator()
        for _ in 0..<3000 {
            let bytes = random.bytes(.random(in: 1...40, using: &random))
            var text = Array(Base64.encodeURL(bytes).utf8)
            let index = Int.random(in: text.indices, using: &random)
            let old = text[index]
            text[index] = .random(in: 33...126, using: &random)
            guard text[index] != old else { continue }
            #expect(Base64.decodeURL(String(decoding: text, as: UTF8.self)) != bytes, "\(replay)")
        }
    }

    @Test("A megabyte comes back whole")
    func large() {
        var random = SeededGenerator()
        let bytes = random.bytes(1 << 20)
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
    }
}
