import Cryptography
import Model

/// The claims of a DPoP proof (RFC 9449 section 4.2). Others are ignored.
struct ProofClaims {
    /// `jti`.
    let id: String
    /// Nil where there is none, or none that the hub could have given.
    let nonce: String?
    private let method: String
    private let url: String
    /// Seconds, of which a NumericDate may have fractions (RFC 7519 section 2).
    private let issuedAt: Double
    private let accessTokenHash: [UInt8]?

    /// - Throws: `malformed` if the payload is no JSON object, `claim` with the claim's name.
    init(payload: [UInt8]) throws(ProofFault) {
        let claims: JSON
        do {
            claims = try JSON.parse(payload, maximumDepth: 8)
        } catch {
            throw ProofFault(.malformed, "the payload is not JSON: \(error.description)")
        }
        guard claims.object != nil else { throw ProofFault(.malformed, "the payload is a \(claims.kind)") }
        guard let id = claims["jti"]?.tokenID else { throw ProofFault(.claim, "`jti`") }
        guard let method = claims["htm"]?.string else { throw ProofFault(.claim, "`htm`") }
        guard let url = claims["htu"]?.string else { throw ProofFault(.claim, "`htu`") }
        (self.id, self.method, self.url) = (id, method, url)
        switch claims["iat"] {
        case .integer(let seconds): issuedAt = Double(seconds)
        case .number(let seconds): issuedAt = seconds
        default: throw ProofFault(.claim, "`iat`")
        }
        nonce = claims["nonce"]?.string
        accessTokenHash = claims["ath"]?.string.flatMap { Base64.decodeURL($0) }
    }

    /// Methods have a case (RFC 9110 section 9.1); URLs are compared as RFC 9449 section 4.3 says.
    ///
    /// - Throws: `method` or `url`.
    func checkRequest(method: String, url: String) throws(ProofFault) {
        guard self.method.utf8.elementsEqual(method.utf8) else {
            throw ProofFault(.method, "`\(self.method)`, request `\(method)`")
        }
        guard let made = ProofURL(self.url), let requested = ProofURL(url), made == requested else {
            throw ProofFault(.url, "`\(self.url)`, request `\(url)`")
        }
    }

    /// - Throws: `accessToken` unless `ath` is SHA-256 over this token, where there is one.
    func checkAccessToken(_ token: String?) throws(ProofFault) {
        guard let token else { return }
        guard let accessTokenHash else { throw ProofFault(.accessToken, "no `ath`") }
        guard ConstantTime.areEqual(accessTokenHash, SHA256.hash(Array(token.utf8))) else {
            throw ProofFault(.accessToken, "`ath` is of another token")
        }
    }

    /// - Throws: `issuedAt`.
    func checkTime(_ time: Instant, oldest: Int64, ahead: Int64) throws(ProofFault) {
        let distance = issuedAt * 1000 - Double(time.milliseconds)
        guard distance >= Double(-oldest * 1000), distance <= Double(ahead * 1000) else {
            throw ProofFault(.issuedAt, "\(issuedAt), hub \(time)")
        }
    }
}
