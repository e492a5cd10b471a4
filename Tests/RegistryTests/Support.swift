import Foundation
import GRDB
import Model
import Synchronization

@testable import Registry

/// A new folder, which is gone when the process ends: a registry may open files in it at any time before.
struct TemporaryFolder: Sendable {
    let path: String

    private static let made = Mutex<[String]>([])
    private static let removalAtExit: Void = {
        atexit {
            for path in TemporaryFolder.made.withLock({ $0 }) {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
    }()

    init() throws {
        _ = Self.removalAtExit
        let path = NSTemporaryDirectory() + "sluis-registry-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        Self.made.withLock { $0.append(path) }
        self.path = path
    }

    func file(_ name: String) -> String { path + "/" + name }
}

/// Seals with the system's randomness. What a commitment is made of is Model's affair and Cryptography's;
/// here only its bytes matter, so the digest is the first 32 bytes of what is digested.
let sealer = EntrySealer(
    random: { count in (0..<count).map { _ in UInt8.random(in: 0...255) } },
    sha256: { bytes in Array((bytes + [UInt8](repeating: 0, count: 32)).prefix(32)) })

let noon = Instant(milliseconds: 1_780_000_000_000)

func slug(_ text: String) -> Slug {
    guard let slug = Slug(text) else { fatalError("`\(text)` is no slug") }
    return slug
}

/// The `number`th identifier of a kind; ascending.
func identifier<Subject>(_ number: Int) -> Identifier<Subject> {
    Identifier(at: noon.adding(seconds: Int64(number)), random: (0, UInt64(number)))
}

func person(_ number: Int) -> Owner { .person(identifier(number)) }

func event(_ text: String = "", by actor: Actor = .hub, persons: [String: PersonID] = [:]) -> AuditEvent {
    AuditEvent(.linkChanged, by: actor, ["text": .string(text)], persons: persons)
}

/// The airport publishes its flights, the authority asks for them, the aircraft's owners decide.
struct Story {
    let folder: TemporaryFolder
    let registry: Registry
    let airport = slug("airport")
    let authority = slug("authority")
    let flights = slug("flights")
    let request: RequestID = identifier(1)
    let agreement: AgreementID = identifier(2)

    var path: String { folder.file("hub.db") }

    init(persons: Int = 5) throws {
        folder = try TemporaryFolder()
        registry = try Registry(path: folder.file("hub.db"), sealer: sealer)
        try registry.write(at: noon) { registry in
            try registry.insert(Organisation(id: airport, name: "Airport", roles: [.provider]))
            try registry.insert(Organisation(id: authority, name: "Authority", roles: [.consumer, .owner]))
            for number in 0..<persons {
                try registry.insert(Person(id: identifier(number), name: "Owner \(number)"))
            }
            try registry.insert(flightsDataset())
            try registry.insert(accessRequest())
            try registry.insert(signedAgreement())
        }
    }

    func flightsDataset(_ id: String = "flights", rule: OwnerRule = .column("tailnum")) -> Dataset {
        Dataset(
            id: slug(id), provider: airport, title: "Flights of 2013", ownerRule: rule,
            nullValues: ["", "NA"],
            fields: [
                Field(id: "f1", name: "tailnum", type: .string),
                Field(id: "f2", name: "dep_delay", type: .decimal, isRequired: true),
                Field(name: "origin", type: .string),
            ], offer: ["@type": "Offer", "uid": "urn:offer:1", "permission": [["action": "read"]]])
    }

    func accessRequest(_ id: RequestID = identifier(1), dataset: String = "flights") -> AccessRequest {
        AccessRequest(
            id: id, dataset: slug(dataset), consumer: authority, purpose: Purpose("https://w3id.org/dpv#X"),
            legalBasis: .consent, fields: ["dep_delay", "tailnum"], validUntil: noon.adding(seconds: 86_400),
            retention: "P90D", notice: ["en": "Delay statistics", "nl": "Vertraging \"é\""], madeAt: noon)
    }

    func signedAgreement(
        _ id: AgreementID = identifier(2), request: RequestID = identifier(1), dataset: String = "flights",
        validUntil: Instant? = noon.adding(seconds: 86_400)
    ) -> Agreement {
        Agreement(
            id: id, request: request, dataset: slug(dataset), provider: airport, consumer: authority,
            purpose: Purpose("https://w3id.org/dpv#X"), legalBasis: .consent,
            fields: ["dep_delay", "tailnum"], fieldIDs: ["f2", "f1"],
            validUntil: validUntil, policy: ["@type": "Agreement"], jws: "a.b.c", madeAt: noon)
    }

    /// A second request and agreement on the same dataset, or on another one.
    func addAgreement(_ number: Int, dataset: String = "flights", validUntil: Instant? = nil) throws
        -> AgreementID
    {
        let request: RequestID = identifier(1000 + number)
        let agreement: AgreementID = identifier(2000 + number)
        try registry.write(at: noon) { registry in
            try registry.insert(accessRequest(request, dataset: dataset))
            try registry.insert(
                signedAgreement(agreement, request: request, dataset: dataset, validUntil: validUntil))
        }
        return agreement
    }

    func grant(_ number: Int, of owner: Owner, _ state: Grant.State = .given, until: Instant? = nil) -> Grant
    {
        Grant(
            id: identifier(number), agreement: agreement, owner: owner, state: state, fields: ["dep_delay"],
            validUntil: until, changedAt: noon)
    }

    func publish(rows: Int = 10) throws {
        try registry.write(at: noon) { registry in
            try registry.publish(
                DatasetVersion(
                    dataset: flights, version: registry.nextVersion(of: flights), rows: rows, owners: 3,
                    ownerlessRows: 1, sizeBytes: 999, publishedAt: noon))
        }
    }
}

/// Collects what a registry delivers.
final class Deliveries: Sendable {
    private let received = Mutex<[[OutboxRow]]>([])

    init(from registry: Registry) {
        registry.onCommit { [self] rows in received.withLock { $0.append(rows) } }
    }

    var commits: [[OutboxRow]] { received.withLock { $0 } }
    var numbers: [Int64] { commits.flatMap { $0.map(\.number) } }
}

struct Mishap: Error, Equatable {}
