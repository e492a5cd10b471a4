import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestSupport
import Testing

@testable import Gateway

/// The strict parser of the fast lane, held against the one that reads everything else.
@Suite("Plain requests are read as every parser reads them")
struct PlainRequestTests {
    private static let lines = [
        "GET /data/flights?fields=a HTTP/1.1", "Host: hub", "Authorization: Bearer abc.def",
        "Accept: text/csv", "Accept-Encoding: gzip, deflate", "User-Agent: curl/8", "Connection: keep-alive",
    ]

    private static func text(_ lines: [String]) -> String {
        (lines + ["", ""]).joined(separator: "\r\n")
    }

    private static func plain(_ text: String) -> PlainRequest? { PlainRequest(Array(text.utf8).span) }

    private static func part(_ text: String, _ range: Range<Int>?) -> String? {
        range.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    }

    @Test("What clients send is found, and where each part lies") func usual() throws {
        let text = Self.text(Self.lines)
        let request = try #require(Self.plain(text + "GET /next"))
        #expect(request.count == text.utf8.count)
        #expect(Self.part(text, request.target) == "/data/flights?fields=a")
        #expect(Self.part(text, request.token) == "abc.def")
        #expect(Self.part(text, request.accept) == "text/csv")
        #expect(Self.part(text, request.acceptEncoding) == "gzip, deflate")
        let short = Self.text(["GET /data/x HTTP/1.1", "host:hub", "AUTHORIZATION:\t bEARER t"])
        let other = try #require(Self.plain(short))
        #expect(Self.part(short, other.token) == "t" && other.accept == nil && other.acceptEncoding == nil)
    }

    @Test(
        "Everything else goes the other way",
        arguments: [
            "Content-Length: 0", "Content-Length: 5", "Transfer-Encoding: chunked", "Expect: 100-continue",
            "Range: bytes=0-1", "If-Range: \"a\"", "If-Match: \"a\"", "If-None-Match: *", "DPoP: x",
            "Connection: close", "Connection: upgrade", "Upgrade: h2c", "TE: trailers", "X-Other: 1",
            "Host: other", "Authorization: Bearer x", "Accept: text/csv", "Accept-Encoding: zstd",
            "Connection: keep-alive", " folded", "No colon", ": empty", "Accept : a", "X-Request-ID: a\0b",
            "User-Agent: \u{e9}", "Accept-Language: nl ", "User-Agent: a\t", "User-Agent: a\rb",
            "User-Agent: a\nHost: b", "Idempotency-Key: x",
        ])
    func others(line: String) { #expect(Self.plain(Self.text(Self.lines + [line])) == nil) }

    @Test(
        "Of the request line too",
        arguments: [
            "HEAD /data/x HTTP/1.1", "POST /data/x HTTP/1.1", "GET /data HTTP/1.1", "GET /log/x HTTP/1.1",
            "GET /data/x HTTP/1.0", "GET /data/x HTTP/2.0", "GET  /data/x HTTP/1.1", "GET /data/x  HTTP/1.1",
            "GET /data/x", "GET /data/a b HTTP/1.1", "get /data/x HTTP/1.1", "GET http://hub/data/x HTTP/1.1",
            "GET /data/\u{e9} HTTP/1.1", "GET /data/\t HTTP/1.1", " GET /data/x HTTP/1.1",
        ])
    func requestLines(line: String) {
        #expect(Self.plain(Self.text([line] + Self.lines.dropFirst())) == nil)
    }

    @Test("One that has not come whole, or has no host or token, is none") func parts() {
        let text = Self.text(Self.lines)
        for count in 0..<text.utf8.count {
            #expect(PlainRequest(Array(text.utf8.prefix(count)).span) == nil)
        }
        for dropped in [1, 2] {
            var lines = Self.lines
            lines.remove(at: dropped)
            #expect(Self.plain(Self.text(lines)) == nil)
        }
        #expect(
            Self.plain(Self.text(Self.lines + ["TraceState: " + String(repeating: "x", count: 20_000)]))
                == nil)
    }

    /// What NIO's parser makes of bytes: the heads, and whether all of the bytes were requests.
    private static func heads(
        _ bytes: [UInt8]
    ) throws -> (heads: [HTTPRequestHead], isWhole: Bool, isRefused: Bool) {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var isRefused = false
        do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { isRefused = true }
        var (heads, ends): ([HTTPRequestHead], Int) = ([], 0)
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): heads.append(head)
            case .body: break
            case .end: ends += 1
            }
        }
        return (heads, !isRefused && ends == heads.count, isRefused)
    }

    @Test("Bent at random: what is accepted, the other parser reads as one request of the same meaning")
    func bent() throws {
        var random = SeededGenerator.announced("bent requests")
        let pieces = [
            "\r", "\n", "\r\n", " ", "\t", ":", "\0", "é", "Content-Length: 3\r\n", "Host: b\r\n", ",", ";",
            "Transfer-Encoding: chunked\r\n", "GET ", "HTTP/1.1", "\r\n\r\n", "/data/", "Bearer ", "\u{7f}",
        ].map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<40_000 {
            var bytes = Array(Self.text(Self.lines).utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
                }
            }
            guard let request = PlainRequest(bytes.span) else { continue }
            accepted += 1
            let (heads, isWhole, _) = try Self.heads(Array(bytes[..<request.count]))
            let text = String(decoding: bytes, as: UTF8.self)
            try #require(heads.count == 1 && isWhole, "\(text)")
            let head = heads[0]
            let target = String(decoding: bytes[request.target], as: UTF8.self)
            #expect(head.method == .GET && head.uri == target && head.version == .http1_1)
            let token = String(decoding: bytes[request.token], as: UTF8.self)
            #expect(head.headers["authorization"].map { String($0.dropFirst(7)) } == [token], "\(text)")
            let accept = request.accept.map { String(decoding: bytes[$0], as: UTF8.self) }
            #expect(head.headers["accept"] == [accept].compactMap(\.self))
            let coding = request.acceptEncoding.map { String(decoding: bytes[$0], as: UTF8.self) }
            #expect(head.headers["accept-encoding"] == [coding].compactMap(\.self))
            #expect(!head.headers.contains(name: "content-length") && head.isKeepAlive)
        }
        #expect(accepted > 1000)
    }

    @Test("Ends of messages are where the other parser finds them, however they are cut") func framing()
        throws
    {
        var random = SeededGenerator.announced("messages one behind the other")
        let usual = [
            Self.text(Self.lines),
            Self.text(["POST /oauth/token HTTP/1.1", "Host: h", "Content-Length: 3"]) + "a=b",
            Self.text(["HEAD /data/x HTTP/1.1", "Host: h"]),
            Self.text(["DELETE /x HTTP/1.1", "Content-Length: 0"]),
            Self.text(["PUT /x HTTP/1.1", "X: GET /data/ HTTP/1.1", "Content-Length:  10 "]) + "GET /data/",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 1...6, using: &random)
            let all = (0..<count).map { _ in Array((usual.randomElement(using: &random) ?? "").utf8) }
            var (framer, passed) = (MessageFramer(), 0)
            let borders = Set(all.indices.map { all[...$0].reduce(0) { $0 + $1.count } })
            let bytes = Array(all.joined())
            while passed < bytes.count {
                let end = min(bytes.count, passed + Int.random(in: 1...40, using: &random))
                framer.pass(bytes.span.extracting(passed..<end))
                passed = end
                #expect(!framer.isLost && framer.isBetween == borders.contains(end))
            }
            #expect(framer.requests == count)
            #expect(try Self.heads(bytes).heads.count == count)
        }
    }

    @Test("Bent at random: while it follows, it has found the heads that the other parser has")
    func bentFraming() throws {
        var random = SeededGenerator.announced("bent messages")
        let usual = [
            Self.text(Self.lines),
            Self.text(["POST /x HTTP/1.1", "Host: h", "Content-Length: 12", "Connection: keep-alive"])
                + "GET /data/x ",
            Self.text(["PATCH /x HTTP/1.1", "Content-Length: 0", "Proxy-Connection: keep-alive"]),
        ]
        let pieces = [
            "\r", "\n", "\r\n", " ", ":", "\0", "Content-Length: 3\r\n", "close", "Connection: close\r\n",
            "Proxy-Connection: close\r\n", "Transfer-Encoding: chunked\r\n", "HTTP/1.0", "GET ", "1", ",",
        ].map { Array($0.utf8) }
        var followed = 0
        for _ in 0..<20_000 {
            var bytes = Array(((0..<3).map { _ in usual.randomElement(using: &random) ?? "" }).joined().utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
                }
            }
            var framer = MessageFramer()
            framer.pass(bytes.span)
            guard framer.isBetween else { continue }
            followed += 1
            let (heads, isWhole, isRefused) = try Self.heads(bytes)
            let text = String(decoding: bytes, as: UTF8.self)
            // What the other parser refuses ends the connection.
            #expect(isRefused || heads.count == framer.requests && isWhole, "\(text)")
        }
        #expect(followed > 1000)
    }

    @Test(
        "Where it could be wrong it gives up for good",
        arguments: [
            "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n",
            "GET /x HTTP/1.1\r\nConnection: close\r\n\r\n", "CONNECT x HTTP/1.1\r\n\r\n",
            "POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST /x HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "GET /x HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
            "GET /x HTTP/1.1\nHost: h\r\n\r\n", "GET /x HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            "\r\nGET /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\nA : b\r\n\r\n", "\u{16}\u{3}\r\n\r\n",
        ])
    func lost(text: String) {
        var framer = MessageFramer()
        framer.pass(Array(text.utf8).span)
        #expect(framer.isLost && !framer.isBetween)
        framer.pass(Array(Self.text(Self.lines).utf8).span)
        #expect(framer.isLost)
    }
}
