import Cryptography
public import Model

/// An assertion by which a client says who it is (`private_key_jwt`: RFC 7523 section 3), read but not yet
/// believed: it tells only whose keys to look up. `AssertionVerifier` makes of it a `VerifiedAssertion`.
public struct ClientAssertion: Sendable {
    /// The longest assertion that is looked at.
    public static let maximumBytes = 8192
    /// The value of `client_assertion_type` (RFC 7523 section 2.2).
    public static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// Who it claims to be from: `iss` and `sub`. Anybody can write that.
    public let claimedClient: Slug
    let jws: CompactJWS
    let claims: JSON

    /// As `init(_:)`, for a text.
    public init(_ compact: String) throws(AssertionFault) { try self.init(Array(compact.utf8)) }

    /// Reads an assertion whose header keeps all rules that need no key.
    ///
    /// - Parameter compact: a compact JWS in ASCII.
    /// - Throws: `malformed`, `type`, `algorithm`, `foreignKey` or `client`.
    public init(_ compact: [UInt8]) throws(AssertionFault) {
        do {
            jws = try CompactJWS(bytes: compact, maximumBytes: Self.maximumBytes)
        } catch {
            throw AssertionFault(.malformed, error.message)
        }
        try Self.check(jws)
        do {
            claims = try JSON.parse(jws.payload, maximumDepth: 8)
        } catch {
            throw AssertionFault(.malformed, "the payload is not JSON: \(error.description)")
        }
        guard claims.object != nil else {
            throw AssertionFault(.malformed, "the payload is a \(claims.kind)")
        }
        guard let issuer = claims["iss"]?.string, let client = Slug(issuer) else {
            throw AssertionFault(.client, "`iss`")
        }
        guard claims["sub"]?.isText(client.text) == true else { throw AssertionFault(.client, "`sub`") }
        claimedClient = client
    }

    private static func check(_ jws: CompactJWS) throws(AssertionFault) {
        if let type = jws.header["typ"] {
            // Most libraries write the first; RFC 7523 itself asks for nothing.
            guard ["jwt", "client-authentication+jwt"].contains(type.string?.lowercased()) else {
                throw AssertionFault(.type, "`\(type.canonicalText)`")
            }
        }
        guard let algorithm = JOSEAlgorithm(rawValue: jws.algorithmName),
            JOSEAlgorithm.hub.contains(algorithm)
        else { throw AssertionFault(.algorithm, "`\(jws.algorithmName)`") }
        for member in ["jku", "jwk", "x5u", "x5c"] where jws.header[member] != nil {
            throw AssertionFault(.foreignKey, "header member `\(member)`")
        }
    }
}
