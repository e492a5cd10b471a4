internal import Cryptography
internal import HummingbirdTLS
internal import Model
internal import NIOCore
internal import NIOSSL

/// Which client certificates the machines listener accepts at the TLS handshake: those of an accepted
/// authority and those that are registered, while they are valid. What they may do is decided per request.
struct ClientVerification: Sendable {
    let authorities: [X509Certificate]
    let isRegistered: @Sendable (Thumbprint) -> Bool
    let now: @Sendable () -> Instant

    /// For Hummingbird's TLS channel.
    var callback: TLSChannelConfiguration.CustomVerificationCallback {
        { chain, promise in
            promise.succeed(self.accepts(chain) ? .certificateVerified : .failed)
        }
    }

    private func accepts(_ chain: [NIOSSLCertificate]) -> Bool {
        guard let leaf = chain.first, let der = try? leaf.toDERBytes(),
            let certificate = try? X509Certificate(der: der)
        else { return false }
        let time = now()
        guard certificate.isValid(at: time) else { return false }
        if isRegistered(certificate.thumbprint) { return true }
        let others = chain.dropFirst().compactMap { other in
            (try? other.toDERBytes()).flatMap { try? X509Certificate(der: $0) }
        }
        do {
            try certificate.verify(against: authorities, intermediates: others, at: time, purpose: .client)
            return true
        } catch {
            return false
        }
    }
}
