import DataPlane
import Model
import Testing

@testable import Gateway

/// What a client may ask for, and how it may spell it.
struct AcceptTests {
    @Test(
        arguments: [
            (nil, OutputFormat.csv), ("*/*", .csv), ("text/*", .csv), ("application/x-ndjson", .ndjson),
            ("text/csv;q=0.5, application/x-ndjson", .ndjson), ("text/csv, application/x-ndjson", .csv),
            ("application/x-ndjson;q=0, */*", .csv), ("TEXT/CSV", .csv),
        ] as [(String?, OutputFormat)])
    func chooses(accept: String?, format: OutputFormat) throws {
        #expect(try OutputFormat(accept: accept) == format)
    }

    @Test(arguments: ["application/json", "text/csv;q=0", "", "image/*"])
    func refuses(accept: String) {
        #expect(throws: ClientFault.self) { try OutputFormat(accept: accept) }
    }

    @Test func `a query names each parameter once and none that is unknown`() throws {
        let query = try Query("fields=a,b%20c", allowed: ["fields"])
        #expect(query.list("fields") == ["a", "b c"])
        for bad in ["fields=a&fields=b", "other=1", "fields=%zz", "fields=%ff"] {
            #expect(throws: ClientFault.self) { try Query(Substring(bad), allowed: ["fields"]) }
        }
    }

    @Test func `an unknown member of a body is named`() throws {
        var members = try Members(try JSON.parse(#"{"a":"x","b":1}"#))
        #expect(try members.text("a") == "x")
        let rest = members
        let fault = #expect(throws: ClientFault.self) { try rest.finish() }
        #expect(fault?.field == "b")
    }
}
