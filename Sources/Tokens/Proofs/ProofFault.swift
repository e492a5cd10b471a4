/// Why a DPoP proof proves nothing (RFC 9449 section 4.3).
///
/// Faults are equal by reason, so tests need not repeat prose.
public struct ProofFault: Error, Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        /// No compact JWS, too long, or its payload is no JSON object.
        case malformed
        /// `typ` is not `dpop+jwt`.
        case type
        /// An algorithm that the hub does not take, or another than the key's.
        case algorithm
        /// `jwk` is missing, private, weak or no key; or the header points to another.
        case key
        case signature
        /// A claim is missing or has another type or shape.
        case claim
        /// Made for another method.
        case method
        /// Made for another URL.
        case url
        /// `iat` is too far from the hub's time.
        case issuedAt = "issued_at"
        /// No `nonce`, or none that the hub gave lately: the client should try again with a new one.
        case nonce
        /// `ath` is missing or of another token.
        case accessToken = "access_token"
        /// The proof has been used.
        case replayed
        /// There is no room to remember one more proof: the hub's trouble, and soon over.
        case full
    }

    public let reason: Reason
    /// For the hub's log; may quote the proof.
    public let detail: String

    public init(_ reason: Reason, _ detail: String = "") {
        self.reason = reason
        self.detail = detail
    }

    /// The `error` of the answer (RFC 9449 sections 5, 8 and 9).
    public var code: String { reason == .nonce ? "use_dpop_nonce" : "invalid_dpop_proof" }

    /// For the client: lower case, and nothing that he sent.
    public var message: String {
        switch reason {
        case .malformed, .claim: "the proof is not well formed"
        case .type: "the type of a proof is dpop+jwt"
        case .algorithm: "the algorithm of the proof is not allowed, or not that of its key"
        case .key: "the proof has no public key that may be used"
        case .signature: "the signature of the proof is not that of its key"
        case .method: "the proof was made for another method"
        case .url: "the proof was made for another url"
        case .issuedAt: "the proof is too old, or your clock is wrong"
        case .nonce: "the proof needs the nonce of this answer"
        case .accessToken: "the proof was made for another access token"
        case .replayed: "the proof has been used before"
        case .full: "the hub cannot remember more proofs now"
        }
    }
}

extension ProofFault: Hashable {
    public static func == (a: ProofFault, b: ProofFault) -> Bool { a.reason == b.reason }
    public func hash(into hasher: inout Hasher) { hasher.combine(reason) }
}

extension ProofFault: CustomStringConvertible {
    /// One line for the log.
    public var description: String { detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)" }
}
