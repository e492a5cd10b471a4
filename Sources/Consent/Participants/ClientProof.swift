public import Cryptography
public import Model
internal import Registry

/// With what an organisation proves who it is.
public enum ClientProof: Sendable {
    /// The key of this certificate, in a TLS handshake (RFC 8705 section 2).
    case certificate(X509Certificate)
    /// The keys of a JWK Set (RFC 7517), with which it signs (RFC 7523 section 2.2).
    case keys(JSON)
}

extension ClientProof {
    /// More than anyone rolls over at once.
    static let maximumKeys = 20

    /// Reads what was stored of a registration.
    init(_ proof: Registration.Proof) throws {
        switch proof {
        case .certificate(let pem): self = .certificate(try X509Certificate(pem: pem))
        case .keys(let jwks): self = .keys(jwks)
        }
    }

    /// How it is stored with a registration.
    var registered: Registration.Proof {
        switch self {
        case .certificate(let certificate): .certificate(certificate.pem)
        case .keys(let jwks): .keys(jwks)
        }
    }

    /// What it comes to for an organisation.
    ///
    /// - Throws: `ClientFault` for a certificate that has expired or is an authority's, and keys that are
    ///   weak, private, not well formed or for nothing that the hub takes.
    func credentials(of organisation: Slug, at now: Instant) throws -> (Credential?, [ClientKey]) {
        switch self {
        case .certificate(let certificate):
            try Self.check(certificate, at: now)
            return (Credential(certificate, of: .organisation(organisation)), [])
        case .keys(let jwks): return (nil, try Self.keys(jwks, of: organisation))
        }
    }

    static func check(_ certificate: X509Certificate, at now: Instant) throws(ClientFault) {
        guard now < certificate.notAfter else {
            throw ClientFault(
                .badInput, "certificate_expired", "the certificate has expired", field: "certificate",
                found: certificate.notAfter.description, expected: "one that is valid now")
        }
        guard !certificate.isAuthority else {
            throw ClientFault(
                .badInput, "certificate_is_authority", "an authority's certificate is no credential",
                field: "certificate", expected: "the certificate of a client")
        }
    }

    private static func keys(_ jwks: JSON, of organisation: Slug) throws(ClientFault) -> [ClientKey] {
        do {
            // Refuses the set as a whole for one bad key: whoever sends it should know.
            _ = try VerificationKeySet(jwks: jwks)
        } catch {
            throw badKeys(error.message)
        }
        var keys: [ClientKey] = []
        for element in jwks["keys"]?.array ?? [] {
            guard let key = try? VerificationKey(jwk: element) else { continue }
            keys.append(
                ClientKey(
                    organisation: organisation, thumbprint: key.thumbprint, jwk: kept(of: element, key)))
        }
        guard keys.count <= maximumKeys else {
            throw badKeys("the set has \(keys.count) keys; expected at most \(maximumKeys)")
        }
        guard Set(keys.map(\.thumbprint)).count == keys.count else {
            throw badKeys("one key stands there twice")
        }
        return keys
    }

    /// What a key is, and what it may be used for. Whatever else the set says of it has no meaning here.
    private static func kept(of element: JSON, _ key: VerificationKey) -> JSON {
        var members = key.jwk.object ?? [:]
        for name in ["kid", "alg", "use", "key_ops"] { members[name] = element[name] }
        return .object(members)
    }

    static func badKeys(_ message: String) -> ClientFault {
        ClientFault(
            .badInput, "bad_jwks", message, field: "jwks",
            expected: "a JWK Set with public keys for ES256, EdDSA or PS256")
    }
}

extension Credential {
    init(_ certificate: X509Certificate, of principal: Principal) {
        self.init(
            thumbprint: certificate.thumbprint, principal: principal, certificate: certificate.pem,
            notAfter: certificate.notAfter)
    }
}
