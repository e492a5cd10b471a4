import COpenSSL

/// Owns one reference to an OpenSSL certificate.
///
/// `@unchecked Sendable`: nobody changes the certificate after it was made. OpenSSL computes the properties
/// it keeps beside a certificate once, behind a lock; `init` has it do so before anyone else sees the object.
final class CertificateHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
        X509_check_purpose(pointer, -1, 0)
    }

    deinit { X509_free(pointer) }
}
