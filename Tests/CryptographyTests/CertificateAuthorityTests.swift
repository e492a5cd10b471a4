import Cryptography
import Foundation
import Model
import Testing

@Suite struct CertificateAuthorityTests {
    private let now = TestPKI.now
    private let invalid = CryptographyError(.invalidTemplate, "")

    private func openssl(_ certificate: X509Certificate) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = ["x509", "-noout", "-text"]
        let source = Pipe(), output = Pipe()
        process.standardInput = source
        process.standardOutput = output
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(certificate.pem.utf8))
        try source.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    @Test func anAuthorityIsSelfSignedAndMatchesItsKey() throws {
        let authority = try CertificateAuthority.create(commonName: "CA", at: now, validDays: 10)
        let certificate = authority.certificate
        #expect(certificate.isIssued(by: certificate) && certificate.isAuthority)
        #expect(try certificate.publicKey() == authority.key.publicKey)
        #expect(certificate.isValid(at: now) && certificate.isValid(at: now.adding(seconds: -299)))
        #expect(throws: Never.self) { try CertificateAuthority(certificate: certificate, key: authority.key) }
        let other = try PrivateKey.generate(.es256)
        #expect(throws: CryptographyError(.invalidCertificate, "")) {
            try CertificateAuthority(certificate: certificate, key: other)
        }
    }

    @Test(.enabled(if: KeyPEMTests.hasCommand))
    func anotherReaderSeesTheSameExtensions() throws {
        let pki = try TestPKI()
        let authority = try openssl(pki.authority.certificate)
        for text in [
            "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "Version: 3",
            "X509v3 Basic Constraints: critical",
            "X509v3 Key Usage: critical",
        ] { #expect(authority.contains(text), "\(text)") }
        let consumer = try openssl(pki.consumer)
        for text in [
            "CA:FALSE", "Digital Signature", "TLS Web Client Authentication", "X509v3 Subject Key Identifier",
            "X509v3 Authority Key Identifier", "UID = gent", "CN = Stad Gent",
            "URI:https://hub.example/id/organisations/gent",
        ] { #expect(consumer.contains(text), "\(text)") }
        #expect(!consumer.contains("Certificate Sign") && !consumer.contains("TLS Web Server"))
        let server = try openssl(try pki.server(["hub.example"], ["127.0.0.1"]))
        #expect(server.contains("TLS Web Server Authentication"))
        #expect(server.contains("DNS:hub.example, IP Address:127.0.0.1"))
    }

    @Test func aPersonHasAnIdentifierAndAnEd25519KeyWillDo() throws {
        let pki = try TestPKI()
        let person = PersonID(at: now, random: (1, 2))
        let key = try PrivateKey.generate(.ed25519)
        let certificate = try pki.authority.issue(
            CertificateTemplate(.person(person), commonName: "Jan Peeters", validDays: 7), for: key.publicKey,
            at: now)
        #expect(try certificate.publicKey() == key.publicKey)
        #expect(throws: Never.self) {
            try certificate.verify(against: [pki.authority.certificate], at: now, purpose: .client)
        }
    }

    @Test func noTwoCertificatesShareASerialNumber() throws {
        let pki = try TestPKI()
        let serials = try (0..<50).map { _ in try pki.server().serial }
        #expect(Set(serials).count == 50)
        #expect(serials.allSatisfy { $0.utf8.count == 32 && "4567".contains($0.prefix(1)) })
    }

    @Test func nothingOutlivesItsAuthority() throws {
        let authority = try CertificateAuthority.create(commonName: "CA", at: now, validDays: 10)
        let key = try PrivateKey.generate(.es256).publicKey
        let template = CertificateTemplate(
            .server(dnsNames: ["hub.example"], ipAddresses: []), commonName: "hub", validDays: 100)
        #expect(try authority.issue(template, for: key, at: now).notAfter == authority.certificate.notAfter)
        for days: Int64 in [-1, 10, 11] {
            let time = now.adding(seconds: days * 86_400)
            #expect(throws: invalid) { try authority.issue(template, for: key, at: time) }
        }
    }

    @Test func yearsAfter2049AreWrittenAndReadBack() throws {
        let authority = try CertificateAuthority.create(commonName: "CA", at: now, validDays: 36_500)
        #expect(authority.certificate.notAfter == now.adding(seconds: 36_500 * 86_400))
    }

    @Test(arguments: ["", String(repeating: "a", count: 65), "a\u{0}b", "a\nb", "\u{7F}"])
    func aCommonNameHas1To64Characters(name: String) throws {
        #expect(throws: invalid) { try CertificateAuthority.create(commonName: name, at: now, validDays: 1) }
    }

    @Test(arguments: ["Énergie, O=evil, CN=other", "a/b+c=d", "#\"\\<>;", String(repeating: "é", count: 64)])
    func aCommonNameIsTakenAsItIs(name: String) throws {
        let authority = try CertificateAuthority.create(commonName: name, at: now, validDays: 1)
        #expect(authority.certificate.subjectCommonName == name)
    }

    @Test(arguments: [Int.min, -1, 0, 36_501, Int.max])
    func aValidityIsSomeDays(days: Int) throws {
        #expect(throws: invalid) {
            try CertificateAuthority.create(commonName: "CA", at: now, validDays: days)
        }
    }

    @Test(arguments: [
        "", "hub example", "hub.example,DNS:evil.example", "-hub", "hub-", "hub..example", ".hub", "*",
        "a.*.b",
        "hub.example\u{0}.evil", "hüb.example", String(repeating: "a", count: 64), "https://hub.example",
    ])
    func aHostNameIsAHostName(name: String) throws {
        let pki = try TestPKI()
        #expect(throws: invalid) { try pki.server([name]) }
    }

    @Test(arguments: [
        "", "127.0.0", "127.0.0.256", "::g", "hub", "127.0.0.1,DNS:evil", "127.0.0.1\u{0}", "1::2::3",
    ])
    func anAddressIsAnAddress(address: String) throws {
        let pki = try TestPKI()
        #expect(throws: invalid) { try pki.server(["hub"], [address]) }
    }

    @Test func aServerHasANameAndAURIIsVisible() throws {
        let pki = try TestPKI()
        #expect(throws: invalid) { try pki.server([], []) }
        let slug = try #require(Slug("gent"))
        for uri in ["", "no-scheme", "https://hub.example/a b", "https://hub.example/\u{0}", "https://hüb/"] {
            let template = CertificateTemplate(
                .organisation(slug), commonName: "Gent", validDays: 1, uris: [uri])
            #expect(throws: invalid) {
                try pki.authority.issue(template, for: pki.consumerKey.publicKey, at: now)
            }
        }
    }
}
