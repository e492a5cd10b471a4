import Foundation
import Model
public import NIOSSL

/// Where a hub is and with which certificate to call it: a folder with `profile.json` (INTERFACES section 2).
///
/// Trust: whoever can read the key can act as the profile's owner; whoever can change the folder can point it
/// at another hub. So `profile.json` and the key must be closed to everyone else.
public struct Profile: Sendable {
    /// The file of a profile's folder that says the rest.
    public static let fileName = "profile.json"
    private static let names = ["ca", "certificate", "key", "machines", "people"]

    /// As it was named.
    public let folder: String
    /// Origins without a path, such as `https://127.0.0.1:8443`.
    public let people: String
    /// As `people`.
    public let machines: String
    /// The certificates that the hub's must lead to, PEM; the only ones trusted.
    public let authority: String
    /// Made once, so that equal requests find the connections of earlier ones.
    public let tls: TLSConfiguration

    /// The profile that the option names, else the environment's `SLUIS_PROFILE`.
    public static func choose(_ option: String?, environment: [String: String]) throws -> Profile {
        if let option { return try Profile(folder: option) }
        guard let folder = environment["SLUIS_PROFILE"], !folder.isEmpty else {
            throw ClientFault(
                .badInput, "profile_missing", "no profile is named", field: "--profile",
                remedy: "give --profile DIR, or set SLUIS_PROFILE")
        }
        return try Profile(folder: folder)
    }

    /// - Throws: `ClientFault` that names the file and what to do.
    public init(folder: String) throws {
        let members = try Self.members(folder)
        func path(_ name: String) -> String {
            let path = members[name] ?? ""
            return path.hasPrefix("/") ? path : folder + "/" + path
        }
        self.folder = folder
        people = try Self.origin(members["people"] ?? "", "people")
        machines = try Self.origin(members["machines"] ?? "", "machines")
        authority = try Self.text(path("ca"), member: "ca")
        tls = try Self.tls(
            authority: authority, certificate: Self.text(path("certificate"), member: "certificate"),
            key: Self.secret(path("key"), "the private key"), folder: folder)
    }

    /// The members of `profile.json`: exactly the known ones, all texts.
    public static func members(_ folder: String) throws -> [String: String] {
        let path = folder + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else {
            throw ClientFault(
                .badInput, "profile_missing", "there is no profile in `\(folder)`", field: "--profile",
                remedy: "name a folder with a `\(fileName)`")
        }
        let json: JSON
        do {
            json = try JSON.parse(secret(path, "the profile"))
        } catch let error as JSONError {
            throw ClientFault(.badInput, "bad_profile", "`\(path)` is not JSON: \(error)", field: "--profile")
        }
        guard let members = json.object else { throw fault("`\(path)` is not a JSON object", nil) }
        if let unknown = members.keys.sorted().first(where: { !names.contains($0) }) {
            throw fault("`\(unknown)` is no member of a profile", names.joined(separator: ", "))
        }
        return try Dictionary(uniqueKeysWithValues: names.map { ($0, try text(members[$0], $0, path)) })
    }

    private static func text(_ value: JSON?, _ member: String, _ path: String) throws -> String {
        guard let text = value?.string, !text.isEmpty else {
            throw fault("`\(member)` of `\(path)` is missing or no text", nil)
        }
        return text
    }

    /// Reads a file, unless others than its owner can read it too.
    private static func secret(_ path: String, _ what: String) throws -> String {
        let text = try text(path, member: what)
        let attributes = try FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path)
        guard let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 == 0 else {
            throw ClientFault(
                .badInput, "profile_too_open", "others can read \(what) `\(path)`", field: "--profile",
                expected: "mode 600", remedy: "run chmod 600 \(path)")
        }
        return text
    }

    private static func text(_ path: String, member: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data, as: UTF8.self)
        else { throw fault("`\(path)` (\(member)) cannot be read", nil) }
        return text
    }

    private static func origin(_ text: String, _ member: String) throws -> String {
        let origin = text.hasSuffix("/") ? String(text.dropLast()) : text
        let host = origin.dropFirst("https://".count)
        guard origin.hasPrefix("https://"), !host.isEmpty, LogAddress.hasPossiblePort(host),
            host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"/?#@\\".utf8.contains($0) })
        else {
            throw ClientFault(
                .badInput, "bad_profile", "`\(member)` is not where a hub listens", field: "--profile",
                found: text,
                expected: "https://HOST:PORT")
        }
        return origin
    }

    private static func fault(_ message: String, _ expected: String?) -> ClientFault {
        ClientFault(.badInput, "bad_profile", message, field: "--profile", expected: expected)
    }

    /// Full verification: the hub's certificate leads to the profile's authority and is for the host called.
    private static func tls(
        authority: String, certificate: String, key: String, folder: String
    ) throws -> TLSConfiguration {
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.minimumTLSVersion = .tlsv12
            tls.certificateVerification = .fullVerification
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
                .map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))
            // Whether the key is the certificate's shows only here.
            _ = try NIOSSLContext(configuration: tls)
            return tls
        } catch {
            throw ClientFault(
                .badInput, "bad_profile",
                "the ca, certificate and key in `\(folder)` cannot be used together",
                field: "--profile", expected: "PEM files, the key the certificate's own")
        }
    }
}
