internal import Cryptography
internal import HummingbirdHTTP2
internal import Model
internal import NIOCore
internal import NIOSSL

/// Which client certificates the machines listener accepts at the TLS handshake: those of an accepted
/// authority and those that are registered, while they are valid. What they may do is decided per request.
struct ClientVerification: Sendable {
    let authorities: [X509Certificate]
    let isRegistered: @Sendable (Thumbprint) -> Bool
    let now: @Sendable () -> Instant
    let certificates: CertificateCache

    /// For Hummingbird's TLS channel.
    var callback: TLSChannelConfiguration.CustomVerificationCallback {
        { chain, promise in
            let accepted = self.accepted(chain)
            if let accepted { certificates.keep(accepted) }
            promise.succeed(accepted == nil ? .failed : .certificateVerified)
        }
    }

    /// The client's certificate, if it is accepted.
    private func accepted(_ chain: [NIOSSLCertificate]) -> X509Certificate? {
        guard let certificate = chain.first.flatMap({ certificates.certificate($0) }) else { return nil }
        let time = now()
        guard certificate.isValid(at: time) else { return nil }
        if isRegistered(certificate.thumbprint) { return certificate }
        let others = chain.dropFirst().compactMap { certificates.certificate($0) }
        do {
            try certificate.verify(against: authorities, intermediates: others, at: time, purpose: .client)
            return certificate
        } catch {
            return nil
        }
    }
}
