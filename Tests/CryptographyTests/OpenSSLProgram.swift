import Cryptography
import Foundation
import Model
import TestSupport
import Testing

/// openssl(1) as somebody else who makes keys and signatures.
final class OpenSSLProgram {
    private static let path = "/usr/bin/openssl"

    static var isThere: Bool {
        FileManager.default.isExecutableFile(atPath: path)
            || ProcessInfo.processInfo.environment["SLUIS_FORBID_SKIPS"] == "1"
    }

    private let folder: String
    private var secret: [UInt8] = []

    init() throws {
        folder = NSTemporaryDirectory() + "sluis-openssl-\(UUID())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    @discardableResult
    private func run(_ arguments: String...) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl \(arguments.joined(separator: " "))")
        return Array(bytes)
    }

    /// Makes a key.
    ///
    /// - Parameter given: the secret of an HMAC; nil for a random one.
    /// - Returns: its public JWK, without `alg`.
    func makeKey(
        _ algorithm: JOSEAlgorithm, bits: Int, secret given: [UInt8]? = nil
    ) throws -> [String: JSON] {
        func text(_ bytes: some Collection<UInt8>) -> JSON { .string(Base64.encodeURL(Array(bytes))) }
        switch algorithm.rawValue.prefix(2) {
        case "ES":
            let curves = ["ES256": "P-256", "ES384": "P-384", "ES512": "P-521"]
            let curve = try #require(curves[algorithm.rawValue])
            try run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:\(curve)", "-out", "key")
            let der = try run("pkey", "-in", "key", "-pubout", "-outform", "DER")
            let size = ["P-256": 32, "P-384": 48, "P-521": 66][curve] ?? 0
            return [
                "kty": "EC", "crv": .string(curve), "x": text(der.suffix(2 * size).prefix(size)),
                "y": text(der.suffix(size)),
            ]
        case "Ed":
            try run("genpkey", "-algorithm", "ED25519", "-out", "key")
            let der = try run("pkey", "-in", "key", "-pubout", "-outform", "DER")
            return ["kty": "OKP", "crv": "Ed25519", "x": text(der.suffix(32))]
        case "HS":
            secret = try given ?? run("rand", "64")
            return ["kty": "oct", "k": text(secret)]
        default:
            try run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)", "-out", "key")
            let printed = String(decoding: try run("rsa", "-in", "key", "-modulus", "-noout"), as: UTF8.self)
            let digits = printed.split(separator: "=").last.map { $0.lowercased() } ?? ""
            let modulus = try #require(Hex.decode(digits.trimmingCharacters(in: .whitespacesAndNewlines)))
            return ["kty": "RSA", "n": text(modulus), "e": "AQAB"]
        }
    }

    /// The signature as JOSE writes it.
    func sign(_ message: [UInt8], _ algorithm: JOSEAlgorithm) throws -> [UInt8] {
        try Data(message).write(to: URL(fileURLWithPath: folder + "/message"))
        let hash = "-sha\(algorithm.rawValue.suffix(3))"
        switch algorithm.rawValue.prefix(2) {
        case "ES":
            let der = try run("dgst", hash, "-sign", "key", "message")
            let size = try #require(["ES256": 32, "ES384": 48, "ES512": 66][algorithm.rawValue])
            return try Self.fixed(der, size: size)
        case "Ed": return try run("pkeyutl", "-sign", "-rawin", "-in", "message", "-inkey", "key")
        case "HS":
            return try run(
                "dgst", hash, "-mac", "HMAC", "-macopt", "hexkey:\(Hex.encode(secret))", "-binary", "message")
        case "PS":
            return try run(
                "dgst", hash, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest", "-sign",
                "key", "message")
        default: return try run("dgst", hash, "-sign", "key", "message")
        }
    }

    /// r then s, out of the sequence of two integers.
    private static func fixed(_ der: [UInt8], size: Int) throws -> [UInt8] {
        var rest = der[...]
        rest = rest.dropFirst(rest[rest.startIndex + 1] & 0x80 == 0 ? 2 : 3)
        var fixed: [UInt8] = []
        for _ in 0..<2 {
            let count = Int(rest[rest.startIndex + 1])
            let number = rest.dropFirst(2).prefix(count).drop { $0 == 0 }
            fixed += [UInt8](repeating: 0, count: size - number.count) + number
            rest = rest.dropFirst(2 + count)
        }
        return fixed
    }
}
