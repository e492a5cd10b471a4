public import Model

/// The keys of one issuer, as a JWK Set says them (RFC 7517 section 5).
public struct VerificationKeySet: Sendable {
    /// More than anyone rolls over at once.
    public static let maximumKeys = 100

    /// Those to verify with, in the order of the set.
    public let keys: [VerificationKey]
    private let allowed: Set<JOSEAlgorithm>

    /// Reads a JWK Set, strictly: a set with a key that is weak, private or not well formed is refused as a
    /// whole, with the place of the fault, since whoever sends one should know. Keys for other algorithms or
    /// uses than verifying with one of `allowed` are passed over.
    ///
    /// - Throws: `invalidKey` for such a key, two keys with one `kid`, and a set without any to verify with.
    public init(jwks: JSON, allowed: Set<JOSEAlgorithm> = JOSEAlgorithm.hub) throws(CryptographyError) {
        guard let elements = jwks["keys"]?.array else {
            throw CryptographyError(.invalidKey, "expected an object with `keys`, a list of keys")
        }
        guard elements.count <= Self.maximumKeys else {
            throw CryptographyError(
                .invalidKey, "`keys` has \(elements.count) keys; expected at most \(Self.maximumKeys)")
        }
        // A public key that is taken for a secret is a secret that everybody has.
        let secrets = elements.count { $0["kty"] == "oct" }
        guard secrets == 0 || secrets == elements.count else {
            throw CryptographyError(.invalidKey, "`keys` mixes secrets (`oct`) with public keys")
        }
        var keys: [VerificationKey] = []
        for (index, element) in elements.enumerated() {
            do {
                keys.append(try VerificationKey(jwk: element, allowed: allowed))
            } catch  where error.code == .unsupportedKey {
                continue
            } catch {
                throw CryptographyError(error.code, "`keys[\(index)]`: \(error.message)")
            }
        }
        // Ids are bytes: Swift holds two that Unicode does for one.
        let ids = keys.compactMap { $0.id.map { Array($0.utf8) } }
        guard Set(ids).count == ids.count else {
            throw CryptographyError(.invalidKey, "two keys have one `kid`")
        }
        guard !keys.isEmpty else {
            let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
            throw CryptographyError(.invalidKey, "no key is for verifying with one of \(names)")
        }
        self.keys = keys
        self.allowed = allowed
    }

    /// The content of a compact JWS, if one of the keys made its signature.
    ///
    /// - Throws: as `signer(of:)`.
    public func verify(_ jws: CompactJWS) throws(CryptographyError) -> CompactJWS {
        _ = try signer(of: jws)
        return jws
    }

    /// The key that made the signature of a compact JWS.
    ///
    /// The rules choose the key, and the header fulfils or breaks each of them (RFC 8725 section 3.1): its
    /// `alg` must be allowed and be the key's own. With a `kid` it is the key of that name; without one there
    /// must be exactly one that fits. A header that brings a key, or points to one, is refused.
    /// - Parameter triesAll: whether without a `kid` several keys may fit, as those of a client that changes
    ///   from one to the other: then it is the one that made the signature.
    /// - Throws: `invalidJWS`.
    public func signer(
        of jws: CompactJWS, triesAll: Bool = false
    ) throws(CryptographyError) -> VerificationKey {
        guard let algorithm = JOSEAlgorithm(rawValue: jws.algorithmName), allowed.contains(algorithm) else {
            throw CryptographyError(
                .invalidJWS,
                "the algorithm `\(jws.algorithmName.prefix(40))` is not allowed; expected one of "
                    + allowed.map(\.rawValue).sorted().joined(separator: ", "))
        }
        for member in ["jku", "jwk", "x5u", "x5c"] where jws.header[member] != nil {
            throw CryptographyError(
                .invalidJWS, "header member `\(member)`: a token brings no key of its own")
        }
        if triesAll, jws.header["kid"] == nil,
            let key = keys.first(where: { $0.algorithms.contains(algorithm) && jws.isValid(with: $0) })
        {
            return key
        }
        let key = try key(for: jws, algorithm)
        guard jws.isValid(with: key) else {
            throw CryptographyError(.invalidJWS, "the signature is not that of the key")
        }
        return key
    }

    private func key(
        for jws: CompactJWS, _ algorithm: JOSEAlgorithm
    ) throws(CryptographyError) -> VerificationKey {
        if let member = jws.header["kid"] {
            guard let id = member.string,
                let key = keys.first(where: { $0.id?.utf8.elementsEqual(id.utf8) == true })
            else {
                throw CryptographyError(.invalidJWS, "no key has the `kid` of the header")
            }
            guard key.algorithms.contains(algorithm) else {
                throw CryptographyError(
                    .invalidJWS, "the key of the header's `kid` is not for \(algorithm.rawValue)")
            }
            return key
        }
        let fitting = keys.filter { $0.algorithms.contains(algorithm) }
        guard fitting.count == 1, let key = fitting.first else {
            throw CryptographyError(
                .invalidJWS,
                "\(fitting.count) keys are for \(algorithm.rawValue) and the header has no `kid`"
            )
        }
        return key
    }
}
