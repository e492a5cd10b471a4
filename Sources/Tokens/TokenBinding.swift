import Cryptography
public import Model

/// What the holder of a token must show besides the token.
public enum TokenBinding: Hashable, Sendable {
    /// The client certificate of this thumbprint, on the connection: `cnf.x5t#S256` (RFC 8705 section 3.1).
    case certificate(Thumbprint)
    /// A proof for each request by the key of this thumbprint: `cnf.jkt` (RFC 9449 section 6.1).
    case key(Thumbprint)

    /// Of the certificate or the key.
    var thumbprint: Thumbprint {
        switch self {
        case .certificate(let thumbprint), .key(let thumbprint): thumbprint
        }
    }

    /// The value of `cnf` (RFC 7800).
    public var confirmation: JSON {
        switch self {
        case .certificate(let thumbprint): ["x5t#S256": .string(thumbprint.description)]
        case .key(let thumbprint): ["jkt": .string(thumbprint.description)]
        }
    }

    /// Reads a value of `cnf`; nil unless it has exactly one member, which is one of the two: a second would
    /// ask for a check that nobody makes.
    init?(confirmation: JSON) {
        guard let members = confirmation.object, members.count == 1, let (name, value) = members.first,
            let thumbprint = value.string.flatMap({ Thumbprint(text: $0) })
        else { return nil }
        switch name {
        case "x5t#S256": self = .certificate(thumbprint)
        case "jkt": self = .key(thumbprint)
        default: return nil
        }
    }

    /// Whether `presented` is the same thing of the same kind; in constant time for things of one kind.
    func isMet(by presented: TokenBinding) -> Bool {
        switch (self, presented) {
        case (.certificate(let bound), .certificate(let shown)), (.key(let bound), .key(let shown)):
            ConstantTime.areEqual(bound.bytes, shown.bytes)
        case (.certificate, .key), (.key, .certificate): false
        }
    }
}

extension TokenBinding: CustomStringConvertible {
    /// For the log.
    public var description: String {
        switch self {
        case .certificate(let thumbprint): "certificate \(thumbprint)"
        case .key(let thumbprint): "key \(thumbprint)"
        }
    }
}
