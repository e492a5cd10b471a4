public import Model
public import Synchronization

/// A token whose signature was right, with what is made of its claims once instead of at every use.
public final class KnownToken: Sendable {
    public let token: AccessToken
    /// How the log names whoever reads with it: the member `actor`, canonical JSON.
    public let actor: [UInt8]
    /// Who may read what: of two tokens with equal rights everything is decided alike but whether they are
    /// still good.
    public let rights: [UInt8]
    /// For its user, who looks up what may end early: when he last found that nothing had.
    public let standing = Atomic(-1)
    private let compact: [UInt8]
    private let verifier: UInt64

    init(_ compact: [UInt8], _ token: AccessToken, _ verifier: UInt64) {
        self.compact = compact
        self.token = token
        self.verifier = verifier
        // No person holds a token.
        actor = token.actor.json { _ in .null }.canonical
        rights = token.rights
    }

    /// Whether the token is good at `time` for whoever proved `binding`, as far as that can change between
    /// two requests; what may end early is for the caller to look up.
    public func isGood(at time: Instant, boundTo binding: TokenBinding) -> Bool {
        (try? token.check(at: time, boundTo: binding)) != nil
    }

    func isFor(_ compact: Span<UInt8>, _ verifier: UInt64) -> Bool {
        guard self.verifier == verifier else { return false }
        return Self.areEqual(self.compact, compact)
    }

    /// Looks at every byte whatever it finds, which the compiler turns into vector instructions: 20 to 40
    /// times as fast as `==`, which stops at the first difference.
    private static func areEqual(_ a: [UInt8], _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<a.count { difference |= a[index] ^ b[index] }
        return difference == 0
    }
}

extension AccessToken {
    /// Who may read what, as canonical JSON.
    public var rights: [UInt8] { JSON.array([.string(client.text), details.json]).canonical }

    /// How the log names whoever reads with it.
    public var actor: Actor {
        let certificate: Thumbprint? = if case .certificate(let shown) = binding { shown } else { nil }
        return .organisation(client, thumbprint: certificate, tokenID: id, keyID: keyID)
    }
}
