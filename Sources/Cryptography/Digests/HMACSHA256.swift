import COpenSSL

/// HMAC with SHA-256 (RFC 2104, RFC 4231).
public enum HMACSHA256 {
    /// The 32-byte tag of `message` under `key`, which may have any length.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        guard let context = EVP_MAC_CTX_dup(template.pointer) else {
            preconditionFailure("no memory for a message authentication code")
        }
        defer { EVP_MAC_CTX_free(context) }
        var tag = [UInt8](repeating: 0, count: SHA256.byteCount)
        var length = 0
        // A null pointer would mean "no key given"; the key without bytes is a key too.
        let presentKey = key.isEmpty ? [0] : key
        precondition(
            EVP_MAC_init(context, presentKey, key.count, nil) == 1
                && EVP_MAC_update(context, message, message.count) == 1
                && EVP_MAC_final(context, &tag, &length, tag.count) == 1 && length == tag.count,
            "HMAC with SHA-256 fails only without memory")
        return tag
    }

    /// Whether `tag` is the whole 32-byte tag of `message` under `key`; in constant time.
    public static func isValid(_ tag: [UInt8], for message: [UInt8], key: [UInt8]) -> Bool {
        ConstantTime.areEqual(tag, authenticate(message, key: key))
    }

    /// Fetched once, since a lookup costs more than the digest of a short message.
    private static let template = Template()

    /// `@unchecked Sendable`: nobody changes the context after `init`; each use works on a copy.
    private final class Template: @unchecked Sendable {
        let pointer: OpaquePointer

        init() {
            guard let mac = EVP_MAC_fetch(nil, "HMAC", nil) else {
                preconditionFailure("this OpenSSL has no HMAC")
            }
            defer { EVP_MAC_free(mac) }
            var name = Array("SHA256".utf8CString)
            let made = name.withUnsafeMutableBufferPointer { name -> OpaquePointer? in
                guard let context = EVP_MAC_CTX_new(mac) else { return nil }
                let parameters = [
                    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.baseAddress, 0),
                    OSSL_PARAM_construct_end(),
                ]
                if EVP_MAC_CTX_set_params(context, parameters) == 1 { return context }
                EVP_MAC_CTX_free(context)
                return nil
            }
            guard let made else { preconditionFailure("this OpenSSL has no HMAC with SHA-256") }
            pointer = made
        }
    }
}
