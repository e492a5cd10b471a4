/// Why an assertion does not authenticate a client (RFC 7523 section 3).
///
/// Faults are equal by reason, so tests need not repeat prose.
public struct AssertionFault: Error, Sendable {
    public enum Reason: String, CaseIterable, Sendable {
        /// No compact JWS, too long, or its payload is no JSON object.
        case malformed
        /// `typ` is that of another kind of token.
        case type
        /// An algorithm that the hub does not take.
        case algorithm
        /// A header that brings its own key or points to one.
        case foreignKey = "foreign_key"
        /// `iss` names no client, or `sub` another.
        case client
        /// None of the client's keys made it: an unknown `kid`, another algorithm than the key's, or a bad
        /// signature.
        case signature
        /// A claim is missing or has another type or shape.
        case claim
        /// Made for somebody else.
        case audience
        case expired
        /// Good for longer than any assertion may be.
        case lifetime
        /// `iat` is in the future, or too old.
        case issuedAt = "issued_at"
        case notYetValid = "not_yet_valid"
        /// Made before the hub began to remember which were used.
        case beforeStart = "before_start"
        /// The assertion has been used.
        case replayed
        /// There is no room to remember one more assertion of this client, or of all.
        case full
    }

    /// The `error` of the answer (RFC 6749 section 5.2).
    public static let code = "invalid_client"

    public let reason: Reason
    /// For the hub's log; may quote the assertion.
    public let detail: String

    public init(_ reason: Reason, _ detail: String = "") {
        self.reason = reason
        self.detail = detail
    }

    /// For the client: lower case, and nothing that he sent.
    public var message: String {
        switch reason {
        case .malformed, .claim: "the assertion is not well formed"
        case .type: "the type of the assertion is another's"
        case .algorithm: "the algorithm of the assertion is not allowed"
        case .foreignKey: "the assertion brings a key of its own"
        case .client: "the assertion names no client"
        case .signature: "no key of the client made the assertion"
        case .audience: "the assertion was made for another audience than the issuer"
        case .expired: "the assertion has expired"
        case .lifetime: "the assertion is good for too long"
        case .issuedAt, .notYetValid: "the assertion is too old, or your clock is wrong"
        case .beforeStart: "the assertion was made before the hub started: make a new one"
        case .replayed: "the assertion has been used before"
        case .full: "the hub cannot remember more assertions now"
        }
    }
}

extension AssertionFault: Hashable {
    public static func == (a: AssertionFault, b: AssertionFault) -> Bool { a.reason == b.reason }
    public func hash(into hasher: inout Hasher) { hasher.combine(reason) }
}

extension AssertionFault: CustomStringConvertible {
    /// One line for the log.
    public var description: String { detail.isEmpty ? reason.rawValue : "\(reason.rawValue): \(detail)" }
}
