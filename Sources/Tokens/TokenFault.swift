/// Why a presented token opens nothing: an answer 401 with `WWW-Authenticate`.
///
/// Faults are equal by reason, so tests need not repeat prose.
public struct TokenFault: Error, Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        /// No compact JWS, too long, or its payload is not JSON.
        case malformed
        /// Another algorithm than ES256.
        case algorithm
        /// `typ` is not `at+jwt`.
        case type
        /// A header that brings its own key or points to one.
        case foreignKey = "foreign_key"
        /// No key of this name.
        case unknownKey = "unknown_key"
        case signature
        /// A claim is missing or has another type or shape.
        case claim
        case issuer
        case audience
        /// Longer from `iat` to `exp` than any token may live, or not at all.
        case lifetime
        case expired
        case notYetValid = "not_yet_valid"
        /// The token is bound to another certificate than this connection's.
        case certificate
        /// The token is bound to another key than that of this request's proof.
        case proofKey = "proof_key"
    }

    /// RFC 6750 section 3.1: the `error` of the challenge.
    public static let code = "invalid_token"

    public let reason: Reason
    /// For the hub's log; may quote the token's header and claims.
    public let detail: String

    public init(_ reason: Reason, _ detail: String = "") {
        self.reason = reason
        self.detail = detail
    }

    /// For the client: lower case, and nothing that he sent.
    public var message: String {
        switch reason {
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .certificate: "the token is bound to another certificate"
        case .proofKey: "the token is bound to another key"
        case .issuer, .unknownKey: "the token was not issued by this hub"
        case .audience: "the token is for another resource"
        default: "the token is not valid"
        }
    }
}

extension TokenFault: Hashable {
    public static func == (a: TokenFault, b: TokenFault) -> Bool { a.reason == b.reason }
    public func hash(into hasher: inout Hasher) { hasher.combine(reason) }
}

extension TokenFault: CustomStringConvertible {
    /// One line for the log.
    public var description: String { detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)" }
}
