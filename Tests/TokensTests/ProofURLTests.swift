import Model
import Testing

@testable import Tokens

@Suite struct ProofURLTests {
    /// RFC 3986 sections 6.2.2 and 6.2.3, and RFC 9449 section 4.3.
    @Test(arguments: [
        ("https://hub.example", "https://hub.example/"),
        ("https://hub.example/", "https://hub.example/"),
        ("hTTps://HUB.Example/A", "https://hub.example/A"),
        ("https://hub.example:443/a", "https://hub.example/a"),
        ("https://hub.example:/a", "https://hub.example/a"),
        ("https://hub.example:8443/a", "https://hub.example:8443/a"),
        ("https://hub.example:80", "https://hub.example:80/"),
        ("https://hub.example:65535/", "https://hub.example:65535/"),
        ("https://[2001:DB8::1]:443/a", "https://[2001:db8::1]/a"),
        ("https://[::ffff:192.0.2.1]:8443", "https://[::ffff:192.0.2.1]:8443/"),
        ("https://192.0.2.1/a", "https://192.0.2.1/a"),
        ("https://hub.example/a?b=c", "https://hub.example/a"),
        ("https://hub.example?b=/c", "https://hub.example/"),
        ("https://hub.example#b@c", "https://hub.example/"),
        ("https://hub.example/a#b?c", "https://hub.example/a"),
        ("https://hub.example/a?[é] \\", "https://hub.example/a"),
        ("https://hub.example/%61%2d%2E%5f%7e", "https://hub.example/a-._~"),
        ("https://hub.example/%c3%a9%2f%3F%25", "https://hub.example/%C3%A9%2F%3F%25"),
        ("https://hub.example/a//b/", "https://hub.example/a//b/"),
        ("https://hub.example/...", "https://hub.example/..."),
        ("https://hub.example/.a/b.", "https://hub.example/.a/b."),
        ("https://hub.example/!$&'()*+,;=:@", "https://hub.example/!$&'()*+,;=:@"),
    ])
    func oneSpelling(text: String, expected: String) throws {
        let url = try #require(ProofURL(text))
        #expect(url.description == expected)
        #expect(ProofURL(expected) == url, "it is its own spelling")
    }

    @Test(arguments: [
        "", "https", "https:", "https:/", "https://", "https:///a", "//hub.example/a", "/a", "hub.example/a",
        "http://hub.example/a", "ftp://hub.example/a", "https:hub.example", " https://hub.example/",
        "https://user@hub.example/", "https://user:secret@hub.example/", "https://@hub.example/",
        "https://hub.example:0/", "https://hub.example:00443/", "https://hub.example:65536/",
        "https://hub.example:123456/", "https://hub.example:a/", "https://hub.example:+1/",
        "https://hub.example:443:443/", "https://:443/", "https://hub%2Eexample/", "https://hüb.example/",
        "https://hub example/", "https://hub.example\\a", "https://[]/", "https://[::1/", "https://[::g]/",
        "https://[::1]a/", "https://[::1%25eth0]/", "https://::1/", "https://hub.example/a b",
        "https://hub.example/é", "https://hub.example/\"", "https://hub.example/<a>",
        "https://hub.example/a\\b", "https://hub.example/[a]", "https://hub.example/a\u{0}",
        "https://hub.example/a\n", "https://hub.example/%", "https://hub.example/%4",
        "https://hub.example/%zz", "https://hub.example/%4g", "https://hub.example/%+4",
        "https://hub.example/.", "https://hub.example/..", "https://hub.example/a/../b",
        "https://hub.example/a/./b", "https://hub.example/%2e%2E/b", "https://hub.example/a/.%2e",
    ])
    func whatIsNoURLOrCouldBeReadInTwoWaysIsRefused(text: String) { #expect(ProofURL(text) == nil) }

    @Test func differentResourcesDiffer() {
        let texts = [
            "https://hub.example/a", "https://hub.example/A", "https://hub.example/a/",
            "https://hub.example:8443/a", "https://hub.example./a", "https://hub.example/a%2Fb",
            "https://hub.example/a/b", "https://hub2.example/a",
        ]
        #expect(Set(texts.compactMap { ProofURL($0) }).count == texts.count)
    }
}
