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

    /// SHA-256(name || 0x0A || 0x01 || key)[:4] as a big-endian number, for an Ed25519 key.
    static func keyID(name: String, ed25519Key key: [UInt8]) -> UInt32 {
        let digest = SHA256.hash(Array(name.utf8) + [0x0A, ed25519] + key)
        return digest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The signature type of Ed25519 over the note's text.
    static let ed25519: UInt8 = 0x01

    static func bytes(of keyID: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: keyID >> $0) }
    }
}

extension String {
    /// Whether both have the same bytes. `==` also holds for different bytes that look alike (Unicode
    /// canonical equivalence), and a signature is over bytes.
    func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
