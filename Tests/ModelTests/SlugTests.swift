import Testing

@testable import Model

@Suite("A slug names an organisation or a dataset, in one spelling only")
struct SlugTests {
    @Test(
        "Names that people would choose are slugs",
        arguments: [
            "a", "0", "a-", "a--b", "flights", "flights-2013", "0-day", String(repeating: "z", count: 63),
        ])
    func accepts(text: String) throws {
        let slug = try #require(Slug(text))
        #expect(slug.text == text)
        #expect(slug.description == text)
        #expect(Slug(text[...]) == slug)
    }

    @Test(
        "Anything else is not",
        arguments: [
            "", "-", "-a", "A", "aB", "a b", "a_b", "a.b", "a/b", "../a", "a\u{0}", "a\n", " a", "a ", "é",
            "e\u{301}",
            "ａ", "ß", "а", String(repeating: "z", count: 64), "01890a5d-ac96-774b-bcce-b302099a8057",
            "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "--------------------------------------",
        ])
    func refuses(text: String) { #expect(Slug(text) == nil) }

    @Test("Every single byte is a slug or not as the grammar says")
    func everyByte() {
        let allowed = Set("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        for byte in UInt8.min...127 {
            let text = String(decoding: [byte], as: UTF8.self)
            #expect((Slug(text) != nil) == allowed.contains(byte), "\(byte)")
            #expect((Slug("a" + text) != nil) == (allowed.contains(byte) || text == "-"), "\(byte)")
        }
    }

    @Test("36 characters are fine as long as the dashes do not make it look like a UUID")
    func nearUUID() {
        #expect(Slug("01890a5d-ac96-774b-bcce-b302099a8057".dropLast()) != nil)
        #expect(Slug("01890a5d-ac96-774b-bcce-b302099a8057a") != nil)
        #expect(Slug("01890a5d-ac96-774b-bcceab302099a8057") != nil)
    }

    @Test("Slugs sort by their bytes")
    func order() {
        let sorted = ["0", "a", "a-", "a-b", "a0", "aa", "b"].compactMap { Slug($0) }
        #expect(sorted.count == 7)
        #expect(sorted.shuffled().sorted() == sorted)
    }
}
