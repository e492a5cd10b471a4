import Cryptography
import Model
import Testing

@testable import sluis

@Suite("A client certificate that nobody vouches for")
struct SelfSignedCertificateTests {
    private func make(_ name: String = "kbo", days: Int = 3) throws -> X509Certificate {
        try SelfSignedCertificate.client(
            commonName: name, userID: "kbo", key: .generate(.es256), at: TestProfile.now, validDays: days)
    }

    @Test("It is a client's, for the key that signed it, and no authority")
    func client() throws {
        let key = try PrivateKey.generate(.es256)
        let certificate = try SelfSignedCertificate.client(
            commonName: "kbo", userID: nil, key: key, at: TestProfile.now, validDays: 3)
        #expect(try certificate.publicKey() == key.publicKey)
        #expect(certificate.subjectCommonName == "kbo")
        #expect(!certificate.isAuthority)
        #expect(certificate.isValid(at: TestProfile.now))
        #expect(certificate.isValid(at: TestProfile.now.adding(seconds: -299)))
        #expect(!certificate.isValid(at: TestProfile.now.adding(seconds: 3 * 86_400)))
    }

    @Test("It vouches for nobody, not even for itself")
    func noAnchor() throws {
        let certificate = try make()
        #expect(throws: CryptographyError.self) {
            try certificate.verify(against: [certificate], at: TestProfile.now, purpose: .client)
        }
        #expect(try make().thumbprint != certificate.thumbprint)
        #expect(try make().serial != certificate.serial)
    }

    @Test(
        "Names and days that no certificate has are refused",
        arguments: [("", 1), ("a\nb", 1), ("a", 0), ("a", 36_501)])
    func refused(name: String, days: Int) {
        #expect(throws: CryptographyError.self) { _ = try make(name, days: days) }
    }
}
