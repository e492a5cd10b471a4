import COpenSSL

/// Owns one reference to an OpenSSL key.
///
/// `@unchecked Sendable`: nobody changes the key after it was made, and OpenSSL 3 allows any number of
/// threads to sign and verify with one key at once (its own caches are behind locks).
final class KeyHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// Which of our algorithms the key is for; nil for RSA, other curves and anything else.
    var algorithm: SignatureAlgorithm? {
        switch EVP_PKEY_get_base_id(pointer) {
        case EVP_PKEY_ED25519: .ed25519
        case EVP_PKEY_EC: curveName == "prime256v1" ? .es256 : nil
        default: nil
        }
    }

    /// For messages, such as `RSA` or `EC on secp384r1`.
    var typeName: String {
        let name = EVP_PKEY_get0_type_name(pointer).map { String(cString: $0) } ?? "unknown"
        return curveName.map { "\(name) on \($0)" } ?? name
    }

    private var curveName: String? {
        var name = [CChar](repeating: 0, count: 80)
        var length = 0
        guard EVP_PKEY_get_base_id(pointer) == EVP_PKEY_EC,
            EVP_PKEY_get_group_name(pointer, &name, name.count, &length) == 1
        else { return nil }
        return String(decoding: name.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// SubjectPublicKeyInfo in DER.
    var publicDER: [UInt8]? { DER.bytes { i2d_PUBKEY(pointer, $0) } }

    /// Whether the parts of a key pair are in range and belong to each other.
    var isConsistentPair: Bool {
        guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_check(context) == 1
    }
}
