import Cryptography
import Foundation
import Model
import Testing

/// Keys of other kinds are made by the `openssl` command, since Sluis cannot make them and no private key may
/// lie in a file of the project.
@Suite struct KeyPEMTests {
    static let hasCommand = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    private func openssl(_ arguments: String..., input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        let source = Pipe(), output = Pipe()
        process.standardInput = source
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try source.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try source.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return text
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func aKeySurvivesItsText(algorithm: SignatureAlgorithm) throws {
        let key = try PrivateKey.generate(algorithm)
        let text = key.pem
        #expect(
            text.hasPrefix("-----BEGIN " + "PRIVATE KEY-----\n")
                && text.hasSuffix("-----END " + "PRIVATE KEY-----\n"))
        let again = try PrivateKey(pem: text)
        #expect(again.publicKey == key.publicKey && again.pem == text)
        #expect(key.publicKey.isValid(try again.sign([1]), for: [1]))
        #expect(try PublicKey(pem: key.publicKey.pem) == key.publicKey)
        #expect(key.publicKey.pem.split(separator: "\n").allSatisfy { $0.utf8.count <= 64 })
    }

    @Test func textAroundTheBlockIsSkippedAndLineEndsMayVary() throws {
        let key = try PrivateKey.generate(.es256)
        #expect(try PrivateKey(pem: "key of the hub\n" + key.pem + "\n").publicKey == key.publicKey)
        let windows = key.pem.replacingOccurrences(of: "\n", with: "\r\n")
        #expect(try PrivateKey(pem: windows).publicKey == key.publicKey)
    }

    @Test func oneBlockOfTheRightKindIsNeeded() throws {
        let key = try PrivateKey.generate(.es256)
        let broken = key.pem.replacingOccurrences(of: "-----END", with: "-----DNE")
        for text in ["", "no key here", key.pem + key.pem, key.publicKey.pem, broken] {
            #expect(throws: CryptographyError(.invalidKey, "")) { try PrivateKey(pem: text) }
        }
        for text in ["", key.pem, key.publicKey.pem + key.publicKey.pem, key.publicKey.pem + key.pem] {
            #expect(throws: CryptographyError(.invalidKey, "")) { try PublicKey(pem: text) }
        }
    }

    @Test func noPieceOfABentKeyTextTrapsOrYieldsThatKey() throws {
        let key = try PrivateKey.generate(.ed25519)
        let text = Array(key.pem.utf8)
        for position in text.indices {
            let cut = String(decoding: text[..<position], as: UTF8.self)
            if position < text.count - 1 {
                #expect(throws: CryptographyError.self) { try PrivateKey(pem: cut) }
            }
        }
    }

    @Test(.enabled(if: hasCommand))
    func keysOfTheCommandAreRead() throws {
        let sec1 = try openssl("ecparam", "-name", "prime256v1", "-genkey")
        #expect(sec1.contains("BEGIN EC PARAMETERS"))
        let key = try PrivateKey(pem: sec1)
        #expect(key.algorithm == .es256)
        let published = try openssl("pkey", "-pubout", input: sec1)
        #expect(try PublicKey(pem: published) == key.publicKey)
        #expect(key.publicKey.pem == published)
        let ed25519 = try openssl("genpkey", "-algorithm", "ED25519")
        #expect(try PrivateKey(pem: ed25519).pem == ed25519)
    }

    @Test(
        .enabled(if: hasCommand),
        arguments: [
            ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
            ["genpkey", "-algorithm", "ED448"], ["genpkey", "-algorithm", "X25519"],
        ])
    func otherKindsAreRefusedByName(arguments: [String]) throws {
        let text = try run(arguments)
        #expect(throws: CryptographyError(.unsupportedKey, "")) { try PrivateKey(pem: text) }
        let published = try openssl("pkey", "-pubout", input: text)
        let error = #expect(throws: CryptographyError(.unsupportedKey, "")) { try PublicKey(pem: published) }
        #expect(error?.message.contains("expected EC on prime256v1 or ED25519") == true)
    }

    private func run(_ arguments: [String]) throws -> String {
        switch arguments.count {
        case 3: try openssl(arguments[0], arguments[1], arguments[2])
        default: try openssl(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4])
        }
    }

    @Test(.enabled(if: hasCommand))
    func compressedPointsAndWrittenOutCurvesAreRefused() throws {
        let key = try PrivateKey.generate(.es256)
        let compressed = try openssl("pkey", "-pubout", "-ec_conv_form", "compressed", input: key.pem)
        #expect(throws: CryptographyError(.unsupportedKey, "")) { try PublicKey(pem: compressed) }
        let explicit = try openssl("pkey", "-pubout", "-ec_param_enc", "explicit", input: key.pem)
        #expect(throws: CryptographyError.self) { try PublicKey(pem: explicit) }
    }

    @Test(.enabled(if: hasCommand))
    func aKeyBehindAPasswordIsRefusedWithoutAsking() throws {
        let key = try PrivateKey.generate(.es256)
        let modern = try openssl("pkcs8", "-topk8", "-passout", "pass:secret", input: key.pem)
        #expect(modern.contains("ENCRYPTED PRIVATE KEY"))
        let old = try openssl(
            "ec", "-aes128", "-passout", "pass:secret", input: key.pem)
        #expect(old.contains("Proc-Type"))
        for text in [modern, old] {
            #expect(throws: CryptographyError(.encryptedKey, "")) { try PrivateKey(pem: text) }
        }
        // Under a false label too nobody is asked.
        let disguised = modern.replacingOccurrences(of: "ENCRYPTED PRIVATE", with: "PRIVATE")
        #expect(throws: CryptographyError(.invalidKey, "")) { try PrivateKey(pem: disguised) }
    }
}
