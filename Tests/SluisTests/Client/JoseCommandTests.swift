import Cryptography
import Foundation
import Model
import Testing

@testable import sluis

/// `sluis jose verify`, as people type it.
@Suite("Tokens of others by the command line", .serialized) struct JoseCommandTests {
    private let scratch = ScratchFolder()

    private func run(_ input: String, _ arguments: String...) throws -> Program.Result {
        let file = try scratch.file("input", input)
        let quoted = arguments.map { "'\($0)'" }.joined(separator: " ")
        let program = Program.folder.appendingPathComponent("sluis").path
        return try Program.run(
            at: URL(fileURLWithPath: "/bin/sh"), ["-c", "'\(program)' jose verify \(quoted) < '\(file)'"])
    }

    @Test("A token that verifies is printed; one that does not is status 1, bad keys and names are 2")
    func verify() throws {
        let key = try PrivateKey.generate(.es256)
        let set: JSON = ["keys": [key.publicKey.jwk]]
        let jwks = try scratch.file("jwks.json", set.canonicalText)
        let token = try CompactJWS.sign(payload: Array("{\"a\":1}".utf8), header: ["typ": "JWT"], with: key)
        let good = try run(token + "\n", "--jwks", jwks)
        #expect(good.status == 0, "\(good.errors)")
        #expect(good.output == "{\"alg\":\"ES256\",\"typ\":\"JWT\"}\n{\"a\":1}\n")
        let json = try run(token, "--jwks", jwks, "--json")
        #expect(try JSON.parse(json.output)["payload"] == "{\"a\":1}")
        for bad in [
            "", "a.b.c", token + "x", "x" + token, token + "\n\n", token + "\r\n", " " + token, token + "=",
        ] {
            let refused = try run(bad, "--jwks", jwks)
            #expect(refused.status == 1 && refused.output.isEmpty, "\(bad)")
            #expect(
                refused.errors.hasPrefix("sluis: not verified: ")
                    && refused.errors.split(separator: "\n").count == 1)
        }
        #expect(try run(token, "--jwks", jwks, "--alg", "PS256").status == 2)
        #expect(try run(token, "--jwks", jwks, "--alg", "ES256,none").status == 2)
        #expect(try run(token, "--jwks", scratch.path("missing")).status == 2)
        let empty = try run(token, "--jwks", scratch.file("other.json", "{\"keys\":[]}"))
        #expect(empty.status == 2 && empty.errors.contains("no key is for"))
        let escape = Base64.encodeURL(Array("{\"alg\":\"\\u001b[2J\\nsluis: verified\"}".utf8))
        let sly = try run(escape + ".e30.AA", "--jwks", jwks)
        #expect(sly.status == 1 && !sly.errors.contains("\u{1B}"))
        #expect(sly.errors.split(separator: "\n").count == 1)
    }
}
