import Model
import Testing

@testable import DataPlane

@Suite("CSV table")
struct CSVTableTests {
    @Test("a list of owner links is read whole, with or without a last line end")
    func reads() throws {
        for end in ["", "\n", "\r\n"] {
            let table = try CSVTable(Array("owner_key,owner\n\"m,1\",anna\nm2,".utf8) + Array(end.utf8))
            #expect(table.header == ["owner_key", "owner"])
            #expect(table.rows == [["m,1", "anna"], ["m2", ""]])
        }
        #expect(try CSVTable(Array("a,b".utf8)).rows.isEmpty)
    }

    @Test("a list with anything wrong in it is refused as a whole")
    func refuses() {
        for text in [
            "", "\u{FEFF}", "a,b\n1\n", "a,b\n1,2,3\n", "a\n\"x", "a\nx\"y\n", "a\nx\u{0}\n", "a\r1\r",
        ] {
            #expect(throws: ClientFault(.badInput, "bad_csv", "")) { try CSVTable(Array(text.utf8)) }
        }
    }
}
