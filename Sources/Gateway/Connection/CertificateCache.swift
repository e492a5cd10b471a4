internal import Cryptography
internal import NIOSSL
internal import Synchronization

/// Certificates of clients that were accepted, by their bytes: reading one costs more than all else of a
/// handshake that is ours, and the same clients come again and again.
final class CertificateCache: Sendable {
    private static let capacity = 4096
    private static let maximumBytes = 8 << 10

    private let known = Mutex<[[UInt8]: X509Certificate]>([:])

    /// Nil for what is no certificate.
    func certificate(_ certificate: NIOSSLCertificate) -> X509Certificate? {
        guard let der = try? certificate.toDERBytes() else { return nil }
        return known.withLock { $0[der] } ?? (try? X509Certificate(der: der))
    }

    /// Remembers one that was accepted; those of strangers would push others out.
    func keep(_ certificate: X509Certificate) {
        guard certificate.der.count <= Self.maximumBytes else { return }
        known.withLock { known in
            if known.count >= Self.capacity, known[certificate.der] == nil { known = [:] }
            known[certificate.der] = certificate
        }
    }
}
