import ArgumentParser
import Cryptography
import Model

/// With what an organisation proves who it is: exactly one of the two.
struct ProofOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A certificate, PEM.", valueName: "file")) var certificate: String?

    @Option(help: ArgumentHelp("A JWK Set with public keys.", valueName: "file")) var jwks: String?

    func validate() throws {
        guard (certificate == nil) != (jwks == nil) else {
            throw ValidationError("give either --certificate or --jwks")
        }
    }

    /// The member of a request.
    func members() throws -> [String: JSON] {
        if let certificate {
            return ["certificate": .string(try Newcomer(certificateFile: certificate).certificate.pem)]
        }
        return ["jwks": try Self.keys(jwks ?? "")]
    }

    static func keys(_ path: String) throws -> JSON {
        let text = try InputFile.text(path, option: "--jwks")
        do {
            return try JSON.parse(text)
        } catch {
            throw ClientFault(
                .badInput, "bad_jwks", "`\(path)` is not JSON: \(error)", field: "--jwks",
                expected: "a JWK Set (RFC 7517)")
        }
    }
}
