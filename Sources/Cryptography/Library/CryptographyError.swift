import COpenSSL

/// Why a key, a signature container or a certificate is not taken, or could not be made.
///
/// Errors are equal by code, so tests need not repeat prose. `message` is lower case and names no secret.
public struct CryptographyError: Error, Sendable {
    public enum Code: String, Sendable {
        /// The text or bytes are not a key, or the key's parts do not fit each other.
        case invalidKey = "invalid_key"
        /// A key, but not P-256 or Ed25519, or marked for another use.
        case unsupportedKey = "unsupported_key"
        /// A key that protects nothing, or too little.
        case weakKey = "weak_key"
        /// A key behind a password. Nobody is ever asked for one.
        case encryptedKey = "encrypted_key"
        /// The text or bytes are not a certificate.
        case invalidCertificate = "invalid_certificate"
        /// A certificate that no anchor vouches for at this time and for this purpose.
        case untrustedCertificate = "untrusted_certificate"
        /// A template from which no certificate can be made, or an authority that cannot issue.
        case invalidTemplate = "invalid_template"
        /// The text is not a compact JWS that is understood.
        case invalidJWS = "invalid_jws"
        /// OpenSSL failed where only want of memory or a broken installation can be the reason.
        case libraryFailure = "library_failure"
    }

    public let code: Code
    /// For people; ends with OpenSSL's own reason where it gave one.
    public let message: String

    /// - Parameter message: what went wrong, lower case, without a full stop.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Takes the reasons that OpenSSL has queued on this thread, and leaves the queue empty.
    static func withLibraryReason(_ code: Code, _ message: String) -> CryptographyError {
        var reasons: [String] = []
        while true {
            let number = ERR_get_error()
            guard number != 0 else { break }
            if let reason = ERR_reason_error_string(number) { reasons.append(String(cString: reason)) }
        }
        return CryptographyError(
            code, reasons.isEmpty ? message : message + ": " + reasons.joined(separator: ", "))
    }
}

extension CryptographyError: Hashable {
    public static func == (a: CryptographyError, b: CryptographyError) -> Bool { a.code == b.code }
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }
}

extension CryptographyError: CustomStringConvertible {
    public var description: String { message }
}
