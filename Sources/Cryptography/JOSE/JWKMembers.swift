import Model

/// The members of a JWK, read strictly.
struct JWKMembers {
    private let members: [String: JSON]

    init(_ members: [String: JSON]) { self.members = members }

    func text(_ name: String) throws(CryptographyError) -> String {
        guard let text = members[name]?.string else {
            throw CryptographyError(.invalidKey, "member `\(name)`: expected a string")
        }
        return text
    }

    /// A name of a registry. Swift holds texts for equal that Unicode does, and there are such beyond ASCII.
    func word(_ name: String) throws(CryptographyError) -> String {
        let text = try text(name)
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CryptographyError(.invalidKey, "member `\(name)`: expected a name in ASCII")
        }
        return text
    }

    /// Nil if it is not there; present, it must be a string.
    func optional(_ name: String) throws(CryptographyError) -> String? {
        members[name] == nil ? nil : try text(name)
    }

    /// - Parameter count: how many bytes there must be; nil for any number but none.
    func bytes(_ name: String, count: Int?) throws(CryptographyError) -> [UInt8] {
        guard let bytes = Base64.decodeURL(try text(name)), !bytes.isEmpty,
            count ?? bytes.count == bytes.count
        else {
            throw CryptographyError(
                .invalidKey,
                "member `\(name)`: expected \(count.map { "\($0) bytes" } ?? "bytes") in base64url")
        }
        return bytes
    }

    /// An unsigned integer in as few bytes as it takes (RFC 7518 section 2, Base64urlUInt).
    func number(_ name: String) throws(CryptographyError) -> [UInt8] {
        let bytes = try bytes(name, count: nil)
        guard bytes[0] != 0, bytes.count <= RSAKeyCheck.maximumBits / 8 else {
            throw CryptographyError(
                .invalidKey,
                "member `\(name)`: expected a number in as few bytes as it takes, at most"
                    + " \(RSAKeyCheck.maximumBits / 8)")
        }
        return bytes
    }

    /// `use` and `key_ops` (RFC 7517 sections 4.2 and 4.3) must allow verifying.
    ///
    /// - Throws: `unsupportedKey` if they say something else, `invalidKey` if they say nothing.
    func requireUse() throws(CryptographyError) {
        if let use = members["use"] {
            guard use.string != nil else {
                throw CryptographyError(.invalidKey, "member `use`: expected a string")
            }
            guard use == "sig" else {
                throw CryptographyError(.unsupportedKey, "member `use`: expected `sig`")
            }
        }
        guard let operations = members["key_ops"] else { return }
        let names = operations.array?.compactMap(\.string) ?? []
        guard names.count == operations.array?.count, Set(names).count == names.count else {
            throw CryptographyError(.invalidKey, "member `key_ops`: expected a list of different names")
        }
        guard names.contains("verify") else {
            throw CryptographyError(.unsupportedKey, "member `key_ops`: expected a list with `verify`")
        }
    }

    /// The members that make a key of this type (RFC 7638 section 3.2, RFC 8037 section 2).
    ///
    /// Once a key was read, no other texts mean the same: each number has its one length and base64url.
    func required(of kty: String) -> JSON {
        let names: Set<String> =
            switch kty {
            case "EC": ["crv", "kty", "x", "y"]
            case "OKP": ["crv", "kty", "x"]
            case "RSA": ["e", "kty", "n"]
            default: ["k", "kty"]
            }
        return .object(members.filter { names.contains($0.key) })
    }

    private static let privateNames = ["d", "p", "q", "dp", "dq", "qi", "oth", "priv"]

    /// A private key should not have come here, whatever it is for.
    func refusePrivate() throws(CryptographyError) {
        guard let name = Self.privateNames.first(where: { members[$0] != nil }) else { return }
        throw CryptographyError(
            .invalidKey, "member `\(name)`: the key is private; expected a public key")
    }
}
