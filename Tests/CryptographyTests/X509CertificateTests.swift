import Cryptography
import Foundation
import Model
import Testing

/// The certificates of one hub and its parties, as of noon on 1 June 2026.
struct TestPKI {
    static let now = Instant(milliseconds: 1_780_315_200_000)
    let authority: CertificateAuthority
    let consumerKey: PrivateKey
    let consumer: X509Certificate

    init() throws {
        authority = try CertificateAuthority.create(commonName: "Sluis test CA", at: Self.now, validDays: 365)
        consumerKey = try PrivateKey.generate(.es256)
        consumer = try authority.issue(
            CertificateTemplate(
                .organisation(try #require(Slug("gent"))), commonName: "Stad Gent", validDays: 30,
                uris: ["https://hub.example/id/organisations/gent"]),
            for: consumerKey.publicKey, at: Self.now)
    }

    func server(_ dnsNames: [String] = ["hub.example"], _ ipAddresses: [String] = []) throws
        -> X509Certificate
    {
        try authority.issue(
            CertificateTemplate(
                .server(dnsNames: dnsNames, ipAddresses: ipAddresses), commonName: "hub", validDays: 30),
            for: PrivateKey.generate(.es256).publicKey, at: Self.now)
    }
}

@Suite struct X509CertificateTests {
    private let now = TestPKI.now
    private let untrusted = CryptographyError(.untrustedCertificate, "")

    @Test func aCertificateTellsWhatItWasIssuedFor() throws {
        let pki = try TestPKI()
        let certificate = pki.consumer
        #expect(certificate.subjectCommonName == "Stad Gent")
        #expect(certificate.uris == ["https://hub.example/id/organisations/gent"])
        #expect(certificate.dnsNames.isEmpty && certificate.ipAddresses.isEmpty)
        #expect(try certificate.publicKey() == pki.consumerKey.publicKey)
        #expect(certificate.notBefore == now.adding(seconds: -300))
        #expect(certificate.notAfter == now.adding(seconds: 30 * 86_400))
        #expect(!certificate.isAuthority && pki.authority.certificate.isAuthority)
        #expect(certificate.thumbprint.bytes == SHA256.hash(certificate.der))
        #expect(certificate.serial.utf8.count == 32 && Hex.decode(certificate.serial) != nil)
    }

    @Test func aCertificateSurvivesDERAndPEM() throws {
        let pki = try TestPKI()
        #expect(try X509Certificate(der: pki.consumer.der) == pki.consumer)
        #expect(try X509Certificate(pem: pki.consumer.pem) == pki.consumer)
        let text = pki.consumer.pem + "issued by\n" + pki.authority.certificate.pem
        #expect(try X509Certificate.chain(pem: text) == [pki.consumer, pki.authority.certificate])
        #expect(Set([pki.consumer, try X509Certificate(pem: pki.consumer.pem)]).count == 1)
    }

    @Test func whatIsNoCertificateIsRefused() throws {
        let pki = try TestPKI()
        let invalid = CryptographyError(.invalidCertificate, "")
        let der = pki.consumer.der
        for bytes in [[], [0x30], der + [0], Array(der.dropLast()), pki.consumerKey.publicKey.der] {
            #expect(throws: invalid) { try X509Certificate(der: bytes) }
        }
        let two = pki.consumer.pem + pki.authority.certificate.pem
        for text in ["", "none", two, pki.consumerKey.publicKey.pem] {
            #expect(throws: invalid) { try X509Certificate(pem: text) }
        }
        let mixed = pki.consumer.pem + pki.consumerKey.publicKey.pem
        #expect(throws: invalid) { try X509Certificate.chain(pem: mixed) }
        #expect(throws: invalid) { try X509Certificate.chain(pem: "") }
    }

    @Test func everyKindOfNameIsReadBack() throws {
        let pki = try TestPKI()
        let certificate = try pki.server(
            ["hub.example", "*.hub.example", "localhost"],
            ["127.0.0.1", "::1", "2001:db8::7", "fe80::1:2:3:4"])
        #expect(certificate.dnsNames == ["hub.example", "*.hub.example", "localhost"])
        #expect(certificate.ipAddresses == ["127.0.0.1", "::1", "2001:db8::7", "fe80::1:2:3:4"])
    }

    @Test func aChainIsVerifiedForItsPurposeOnly() throws {
        let pki = try TestPKI()
        let anchors = [pki.authority.certificate]
        let server = try pki.server()
        #expect(throws: Never.self) { try pki.consumer.verify(against: anchors, at: now, purpose: .client) }
        #expect(throws: Never.self) { try server.verify(against: anchors, at: now, purpose: .server) }
        #expect(throws: untrusted) { try pki.consumer.verify(against: anchors, at: now, purpose: .server) }
        #expect(throws: untrusted) { try server.verify(against: anchors, at: now, purpose: .client) }
    }

    @Test func timeDecides() throws {
        let pki = try TestPKI()
        let start = pki.consumer.notBefore, end = pki.consumer.notAfter
        let times: [(Instant, Bool)] = [
            (start.adding(seconds: -1), false), (start, true), (now, true), (end.adding(seconds: -1), true),
            (Instant(milliseconds: end.milliseconds - 1), true), (end, false),
            (end.adding(seconds: 1), false),
            (Instant(milliseconds: start.milliseconds - 1), false),
        ]
        for (time, isValid) in times {
            let isTrusted =
                (try? pki.consumer.verify(against: [pki.authority.certificate], at: time, purpose: .client))
                != nil
            #expect(isTrusted == isValid && pki.consumer.isValid(at: time) == isValid, "\(time)")
        }
    }

    @Test func theReasonIsTold() throws {
        let pki = try TestPKI()
        let late = now.adding(seconds: 31 * 86_400)
        let expired = #expect(throws: untrusted) {
            try pki.consumer.verify(against: [pki.authority.certificate], at: late, purpose: .client)
        }
        #expect(expired?.message.contains("expired") == true)
        let unknown = #expect(throws: untrusted) {
            try pki.consumer.verify(against: [], at: now, purpose: .client)
        }
        #expect(unknown?.message.contains("issuer") == true)
    }

    @Test func anotherAuthorityOfTheSameNameVouchesForNothing() throws {
        let pki = try TestPKI(), other = try TestPKI()
        #expect(pki.consumer.isIssued(by: pki.authority.certificate))
        #expect(!pki.consumer.isIssued(by: other.authority.certificate))
        #expect(!pki.consumer.isIssued(by: pki.consumer))
        #expect(pki.authority.certificate.isIssued(by: pki.authority.certificate))
        #expect(throws: untrusted) {
            try pki.consumer.verify(against: [other.authority.certificate], at: now, purpose: .client)
        }
        // Handing the foreign authority over as an intermediate does not make it trusted.
        #expect(throws: untrusted) {
            try pki.consumer.verify(
                against: [other.authority.certificate], intermediates: [pki.authority.certificate], at: now,
                purpose: .client)
        }
    }

    @Test func aPartyCannotPlayAuthority() throws {
        let pki = try TestPKI()
        #expect(throws: CryptographyError(.invalidCertificate, "")) {
            try CertificateAuthority(certificate: pki.consumer, key: pki.consumerKey)
        }
        // As an anchor a certificate that is no authority's is not taken, not even for itself.
        #expect(throws: untrusted) {
            try pki.consumer.verify(against: [pki.consumer], at: now, purpose: .client)
        }
    }

    @Test func noBentByteVerifies() throws {
        let pki = try TestPKI()
        let anchors = [pki.authority.certificate]
        let der = pki.consumer.der
        var unread = 0
        for position in der.indices {
            for mask: UInt8 in [0x01, 0x80, 0xFF] {
                var bent = der
                bent[position] ^= mask
                guard let certificate = try? X509Certificate(der: bent) else {
                    unread += 1
                    continue
                }
                #expect(
                    !certificate.isIssued(by: pki.authority.certificate), "byte \(position), mask \(mask)")
                #expect(throws: untrusted, "byte \(position), mask \(mask)") {
                    try certificate.verify(against: anchors, at: now, purpose: .client)
                }
            }
        }
        #expect(unread > 0 && unread < 3 * der.count, "both outcomes occur")
    }

    @Test func manyTasksReadAndVerifyAtOnce() async throws {
        let pki = try TestPKI()
        let shared = try X509Certificate(der: pki.consumer.der), anchor = pki.authority.certificate
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<20 {
                        let own = try X509Certificate(der: shared.der)
                        try shared.verify(against: [anchor], at: TestPKI.now, purpose: .client)
                        guard try own.publicKey() == shared.publicKey(), shared.isIssued(by: anchor) else {
                            return false
                        }
                    }
                    return true
                }
            }
            for try await isSound in group { #expect(isSound) }
        }
    }
}
