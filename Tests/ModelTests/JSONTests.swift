import Testing

@testable import Model

@Suite("A JSON value gives what it holds and nothing for what it does not")
struct JSONTests {
    /// One of each kind.
    static let kinds: [(JSON, String)] = [
        (nil, "null"), (true, "boolean"), (1, "number"), (.number(0.5), "number"), ("a", "string"),
        ([1], "array"),
        (["a": 1], "object"),
    ]

    @Test("Each kind has its word and only its own accessor answers", arguments: kinds)
    func accessors(value: JSON, kind: String) {
        #expect(value.kind == kind)
        #expect((value.string != nil) == (kind == "string"))
        #expect((value.bool != nil) == (kind == "boolean"))
        #expect((value.integer != nil) == (value == 1))
        #expect((value.array != nil) == (kind == "array"))
        #expect((value.object != nil) == (kind == "object"))
        #expect((value["a"] != nil) == (kind == "object"))
    }

    @Test("A member that is null is there; one that is missing is not")
    func nullMember() throws {
        let value = try JSON.parse(#"{"a":null}"#)
        let (present, missing) = (value["a"], value["b"])
        #expect(present == .some(.null))
        #expect(missing == .none)
        #expect(value.object?.count == 1)
    }

    @Test("Texts, instants and lists become JSON, and where there is none, null")
    func conveniences() {
        #expect(JSON(Optional("a")) == "a")
        #expect(JSON(String?.none) == .null)
        #expect(JSON(Instant(milliseconds: 0)) == "1970-01-01T00:00:00.000Z")
        #expect(JSON(Instant?.none) == .null)
        #expect(JSON(["a", "b"]) == ["a", "b"])
    }

    @Test("Of two equal keys in a literal the last counts")
    func literals() {
        let value: JSON = ["a": 1, "b": [true, nil], "a": 2]
        #expect(value.canonicalText == #"{"a":2,"b":[true,null]}"#)
    }
}
