import DataPlane
import HTTPTypes
import Model
import Testing

@testable import Gateway

/// What a request may say of the form of its answer (RFC 9110 sections 12.5.3, 13 and 14).
struct AnswerTermsTests {
    private static let tag = EntityTag(opaque: "aB-_")

    private static func terms(_ fields: HTTPFields, _ method: HTTPRequest.Method = .get) throws -> AnswerTerms
    {
        try AnswerTerms(
            HTTPRequest(method: method, scheme: "https", authority: "hub", path: "/", headerFields: fields))
    }

    @Test(
        arguments: [
            (nil, .identity), ("", .identity), ("identity", .identity), ("gzip", .gzip), ("x-gzip", .gzip),
            ("GZIP ; Q=0.3", .gzip), ("zstd", .zstd), ("gzip, deflate, br, zstd", .zstd),
            ("gzip, deflate, br", .gzip), ("br", .identity), ("gzip;q=0", .identity),
            ("gzip;q=0.5, zstd;q=0.4", .gzip), ("gzip;q=0.5, identity;q=0.6", .identity),
            ("gzip;q=0.001", .gzip), ("*", .zstd), ("*;q=0, gzip", .gzip), ("zstd;q=0, *", .gzip),
            ("gzip;q=1.0, identity; q=0.5, *;q=0", .gzip), ("*;q=0, identity", .identity),
            ("identity;q=0, *", .zstd), ("gzip;q=2", .identity), (",,gzip,,", .gzip),
        ] as [(String?, ContentCoding)])
    func `the coding that weighs most`(field: String?, coding: ContentCoding) throws {
        #expect(try ContentCoding(acceptEncoding: field) == coding)
    }

    @Test(arguments: ["identity;q=0", "*;q=0", "br, identity;q=0", "gzip;q=0, zstd;q=0, identity;q=0.0"])
    func `no coding is left`(field: String) {
        let fault = #expect(throws: ClientFault.self) { try ContentCoding(acceptEncoding: field) }
        #expect(fault?.kind == .notAcceptable && fault?.field == "accept-encoding")
    }

    @Test(
        arguments: [
            ("bytes=0-0", .from(0, through: 0)), ("bytes=5-", .from(5, through: nil)),
            ("bytes=-7", .last(7)), ("bytes=-0", .last(0)), ("Bytes= 3 - 9 ", .from(3, through: 9)),
            ("bytes=1-99999999999999999999", .from(1, through: .max)),
        ] as [(String, ByteRange)])
    func `a range`(field: String, range: ByteRange) {
        #expect(ByteRange(field) == range)
    }

    @Test(arguments: [
        "", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=0-1,3-4", "rows=0-1", "bytes=a-b", "bytes=+1-2",
        "bytes=1--2", "bytes=0x1-2", "0-1", "bytes==0-1", "bytes=1-2-3", "bytes=１-２",
    ])
    func `what is no single range is ignored`(field: String) {
        #expect(ByteRange(field) == nil)
    }

    @Test func `every range of short bodies, or none`() {
        for total in 0...6 {
            for first in 0...7 {
                for last in [nil, 0, 1, 5, 6, 7, Int.max] as [Int?] where last.map({ $0 >= first }) ?? true {
                    let range = ByteRange.from(first, through: last)
                    let wanted = (0..<total).filter { $0 >= first && $0 <= last ?? .max }
                    #expect((try? BodyPart(range, ofTotal: total))?.bytes.map(\.self) ?? [] == wanted)
                }
            }
            for count in 0...8 {
                let wanted = Array((0..<total).suffix(count))
                #expect((try? BodyPart(.last(count), ofTotal: total))?.bytes.map(\.self) ?? [] == wanted)
            }
        }
        #expect(throws: UnsatisfiableRange(totalBytes: 4)) {
            try BodyPart(.from(4, through: nil), ofTotal: 4)
        }
        #expect(UnsatisfiableRange(totalBytes: 4).contentRange == "bytes */4")
        #expect((try? BodyPart(.last(2), ofTotal: 9))?.contentRange == "bytes 7-8/9")
        #expect(BodyPart(bytes: 2..<3, ofTotal: nil).contentRange == "bytes 2-2/*")
    }

    @Test(
        arguments: [
            ([.ifNoneMatch: "\"aB-_\""], .notModified), ([.ifNoneMatch: "W/\"aB-_\""], .notModified),
            ([.ifNoneMatch: "*"], .notModified), ([.ifNoneMatch: "\"x\", \"aB-_\" ,\"y\""], .notModified),
            ([.ifNoneMatch: "\"ab-_\""], nil), ([.ifNoneMatch: "aB-_"], nil), ([.ifNoneMatch: ""], nil),
            ([.ifMatch: "\"aB-_\""], nil), ([.ifMatch: "*"], nil), ([.ifMatch: "\"x\",\"aB-_\""], nil),
            ([.ifMatch: "W/\"aB-_\""], .preconditionFailed), ([.ifMatch: "\"x\""], .preconditionFailed),
            ([.ifMatch: "x"], .preconditionFailed), ([.ifMatch: ""], .preconditionFailed),
            // Of several conditions the first that does not hold decides.
            ([.ifMatch: "\"x\"", .ifNoneMatch: "*"], .preconditionFailed),
            ([.ifMatch: "*", .ifNoneMatch: "\"aB-_\""], .notModified),
            // An answer has no time of its last change.
            ([.ifModifiedSince: "Sun, 06 Nov 2994 08:49:37 GMT"], nil),
            ([.ifUnmodifiedSince: "Sun, 06 Nov 1994 08:49:37 GMT"], nil),
        ] as [(HTTPFields, AnswerTerms.Verdict?)])
    func `conditions in their order`(fields: HTTPFields, verdict: AnswerTerms.Verdict?) throws {
        #expect(try Self.terms(fields).verdict(on: Self.tag) == verdict)
        #expect(try Self.terms(fields, .head).verdict(on: Self.tag) == verdict ?? .headOnly)
    }

    @Test func `a range counts only with the tag of what the client has`() throws {
        let range = ByteRange.from(1, through: 2)
        func found(_ ifRange: String?, _ more: HTTPFields = [:], _ method: HTTPRequest.Method = .get) throws
            -> ByteRange?
        {
            var fields = more
            fields[.range] = "bytes=1-2"
            fields[.ifRange] = ifRange
            return try Self.terms(fields, method).range(of: Self.tag)
        }
        #expect(try found("\"aB-_\"") == range)
        for stale in [nil, "\"x\"", "W/\"aB-_\"", "*", "Sun, 06 Nov 1994 08:49:37 GMT"] as [String?] {
            #expect(try found(stale) == nil)
        }
        #expect(
            try found("\"aB-_\"", [.acceptEncoding: "gzip"]) == nil, "of what is coded there are no parts")
        #expect(try found("\"aB-_\"", [:], .head) == nil)
        #expect(try Self.terms([.ifRange: "\"aB-_\""]).range(of: Self.tag) == nil)
    }
}
