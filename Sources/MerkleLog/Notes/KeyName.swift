import Cryptography

/// Names of keys in signed notes (C2SP signed-note).
enum KeyName {
    /// Non-empty, without white space, control characters or `+`.
    static func isValid(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy {
                !$0.properties.isWhitespace && $0.value >= 0x20 && $0 != "+"
            }
    }

    /// SHA-256(name || 0x0A || type || key)[:4] as a big-endian number.
    static func keyID(name: String, type: SignatureType, key: [UInt8]) -> UInt32 {
        let digest = SHA256.hash(Array(name.utf8) + [0x0A, type.rawValue] + key)
        return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The 32 public bytes of a key that may sign notes under `name`.
    ///
    /// - Throws: `malformedKey` unless `name` is a key name and `key` an Ed25519 key.
    static func check(_ name: String, for key: PrivateKey) throws(ProofError) -> [UInt8] {
        guard isValid(name) else {
            throw ProofError(
                .malformedKey, "`\(name)` cannot name a key: white space and `+` are not allowed")
        }
        guard let raw = key.publicKey.ed25519Raw else {
            throw ProofError(.malformedKey, "notes are signed with Ed25519; the key is of another kind")
        }
        return raw
    }

    static func bytes(of keyID: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: keyID >> $0) }
    }
}

extension String {
    /// Whether both have the same bytes. `==` also holds for different bytes that look alike (Unicode
    /// canonical equivalence), and a signature is over bytes.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
