import Cryptography
import Model
import RemoteHub

/// The credential of an organisation or person who is being added.
struct Newcomer {
    static let validDays = 825

    /// What the hub registers.
    let certificate: X509Certificate
    /// The profile made for it; nil for one who brings his own certificate.
    let folder: String?

    /// Makes a key, a self-signed certificate and a profile that reaches the hub that `caller` reaches.
    ///
    /// The certificate counts because the operator registers it; nobody else vouches for it.
    init(to folder: String, commonName: String, userID: String?, like caller: Profile, at now: Instant) throws
    {
        let key = try PrivateKey.generate(.es256)
        certificate = try SelfSignedCertificate.client(
            commonName: commonName, userID: userID, key: key, at: now, validDays: Self.validDays)
        self.folder = folder
        try Profile.write(
            to: folder, people: caller.people, machines: caller.machines, authority: caller.authority,
            certificate: certificate.pem, key: key.pem)
    }

    init(certificateFile path: String) throws {
        let pem = try InputFile.text(path, option: "--certificate")
        do {
            certificate = try X509Certificate(pem: pem)
        } catch {
            throw ClientFault(
                .badInput, "bad_certificate", "`\(path)` is not a certificate: \(error)",
                field: "--certificate",
                expected: "one X.509 certificate as PEM")
        }
        folder = nil
    }

    /// Registers at the hub; a profile whose owner the hub surely did not add is removed again.
    func register(_ call: () async throws -> HubAnswer) async throws -> HubAnswer {
        do {
            return try await call()
        } catch {
            if let folder, Self.surelyFailed(error) { Profile.remove(folder) }
            throw error
        }
    }

    private static func surelyFailed(_ error: any Error) -> Bool {
        switch error {
        case let problem as HubProblem: problem.status < 500
        case let unreachable as HubUnreachable: !unreachable.mayHaveArrived
        default: false
        }
    }

    /// `{"id","profile"}`.
    func answer(id: String) -> JSON { ["id": .string(id), "profile": JSON(folder)] }

    func text(_ kind: String, id: String) -> String {
        "added \(kind) \(id)" + (folder.map { "\nprofile: \($0)" } ?? "")
    }
}
