import ArgumentParser
import Cryptography
import Model

struct JoseVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify the compact JWS on standard input, under the rules of the hub.",
        discussion: """
            Prints the header in one line and the payload in the next if one of the keys signed it; else the \
            status is 1. Taken are ES256, EdDSA (Ed25519) and PS256, others only when --alg names them: \
            the hub never does. Strict base64url, no duplicate members, no `none`, no keys or links to keys \
            in the header, no `crit`; each key is for one algorithm, and weak ones are refused.
            """)

    @Option(help: ArgumentHelp("The keys, a JWK Set (RFC 7517).", valueName: "file")) var jwks: String

    @Option(
        help: ArgumentHelp(
            "The algorithms that may be, such as RS256,PS256, in place of the hub's own.", valueName: "list"),
        transform: Self.algorithms)
    var alg: Set<JOSEAlgorithm> = JOSEAlgorithm.hub

    @OptionGroup var printing: PrintOptions

    /// A JWS with a large payload; a token has 8 KiB at most.
    private static let maximumBytes = 1 << 20

    func run() throws {
        let keys: VerificationKeySet
        do {
            keys = try VerificationKeySet(jwks: InputFile.json(jwks, option: "--jwks"), allowed: alg)
        } catch let error as CryptographyError {
            throw ClientFault(
                .badInput, "bad_jwks", "`\(jwks)`: \(error.message)", field: "--jwks",
                remedy: "correct the keys, or name their algorithms with --alg")
        }
        var input = try InputFile.standardInput(maximumBytes: Self.maximumBytes + 1)
        // That of an editor or `echo`.
        if input.last == UInt8(ascii: "\n") { input.removeLast() }
        let jws: CompactJWS
        do {
            jws = try keys.verify(CompactJWS(bytes: input, maximumBytes: Self.maximumBytes))
        } catch {
            // It may quote the token, which may quote anything.
            let reason = String("\(error)".unicodeScalars.prefix(300).map(Character.init))
            throw Refusal(
                ClientFault(.badInput, "not_verified", "not verified: \(reason)").description)
        }
        let payload = String(validating: jws.payload, as: UTF8.self)
        let encoded = Base64.encodeURL(jws.payload)
        try printing.output.answer(
            [
                "header": jws.header, "payload": JSON(payload),
                "payload_base64url": .string(encoded),
            ], "\(jws.header.canonicalText)\n\(payload ?? encoded)")
    }

    @Sendable private static func algorithms(_ list: String) throws -> Set<JOSEAlgorithm> {
        let names = list.split(separator: ",", omittingEmptySubsequences: false)
        let algorithms = names.compactMap { JOSEAlgorithm(rawValue: String($0)) }
        guard algorithms.count == names.count, Set(algorithms).count == names.count else {
            throw ValidationError(
                "--alg takes a list of different names of "
                    + JOSEAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return Set(algorithms)
    }
}
