public import MerkleLog
internal import Model

/// Events of the Open Cybersecurity Schema Framework, version 1.9.0: one JSON object a line.
///
/// Decisions and tokens are API Activity (6003), finished reads Datastore Activity (6005), changes of grants,
/// agreements and all else that the hub keeps Entity Management (3004); a type of a later version is a Base
/// Event. Whatever has no attribute there stands in `unmapped.entry`, the whole entry, and
/// `unmapped.record_integrity` ties the event to the log: its origin, the entry's index and leaf hash, and
/// root and size of the checkpoint under which it can be proven. (The profile `record_integrity` of OCSF
/// itself is about a signature over the event, which is not what the log signs.)
///
/// The classes want a source endpoint, and the log holds no network address: it is the party's name.
public struct OCSFEncoder: EntryEncoder {
    public static let schemaVersion = "1.9.0"
    private static let informational: Int64 = 1

    private let checkpoint: Checkpoint
    private let productVersion: String

    /// - Parameters:
    ///   - checkpoint: covers all entries that are exported.
    ///   - productVersion: the version of Sluis.
    public init(checkpoint: Checkpoint, productVersion: String) {
        self.checkpoint = checkpoint
        self.productVersion = productVersion
    }

    public var header: [UInt8] { [] }

    public func encode(_ index: UInt64, _ entry: [UInt8]) -> [UInt8] {
        let json = (try? JSON.parse(entry)) ?? .object([:])
        let type = json["type"]?.string ?? ""
        let kind = OCSFClass(type: type)
        var event: [String: JSON] = [
            "activity_id": .integer(kind.activity.id),
            "activity_name": .string(kind.kind == .base && !type.isEmpty ? type : kind.activity.name),
            "category_uid": .integer(kind.categoryUID), "category_name": .string(kind.categoryName),
            "class_uid": .integer(kind.uid), "class_name": .string(kind.name),
            "type_uid": .integer(kind.uid * 100 + kind.activity.id),
            "time": .integer(Self.time(json)), "severity_id": .integer(Self.informational),
            "severity": "Informational", "metadata": metadata(index, json, type: type),
            "unmapped": [
                "entry": entry == json.canonical ? json : .string(Base64.encode(entry)),
                "record_integrity": integrity(index, entry),
            ],
        ]
        event.merge(Self.status(json)) { _, status in status }
        event.merge(Self.details(kind.kind, json, type: type)) { _, detail in detail }
        return JSON.object(event).canonical + [UInt8(ascii: "\n")]
    }

    private func integrity(_ index: UInt64, _ entry: [UInt8]) -> JSON {
        [
            "log_origin": .string(checkpoint.origin), "index": .integer(Int64(clamping: index)),
            "leaf_hash": .string(MerkleTree.leafHash(entry).base64),
            "checkpoint_root": .string(checkpoint.root.base64),
            "checkpoint_size": .integer(Int64(clamping: checkpoint.size)),
        ]
    }

    private func metadata(_ index: UInt64, _ json: JSON, type: String) -> JSON {
        var members: [String: JSON] = [
            "version": .string(Self.schemaVersion),
            "product": ["name": "Sluis", "vendor_name": "Sluis", "version": .string(productVersion)],
            "log_name": .string(checkpoint.origin), "uid": .string("\(checkpoint.origin)/\(index)"),
            "sequence": .integer(Int64(clamping: index)), "event_code": .string(type),
        ]
        members["original_time"] = json["at"]?.string.map(JSON.string)
        members["correlation_uid"] = json["stream"]?.string.map(JSON.string)
        return .object(members)
    }
}

extension OCSFEncoder {
    /// Milliseconds since 1970; 0 if the entry has no time.
    private static func time(_ json: JSON) -> Int64 {
        json["at"]?.string.flatMap { Instant($0) }?.milliseconds ?? 0
    }

    /// Success unless the entry tells of a refusal by the hub or of a stream that was cut.
    private static func status(_ json: JSON) -> [String: JSON] {
        let isDenied = json["decision"]?.string == "deny"
        let isCut = json["status"]?.string == "cut"
        var status: [String: JSON] =
            isDenied || isCut
            ? ["status_id": 2, "status": "Failure"] : ["status_id": 1, "status": "Success"]
        let reasons = json["reasons"]?.array?.compactMap(\.string) ?? []
        if !reasons.isEmpty { status["status_detail"] = .string(reasons.joined(separator: ", ")) }
        status["status_code"] = json["decision"]?.string.map(JSON.string)
        return status
    }

    private static func details(_ kind: OCSFClass.Kind, _ json: JSON, type: String) -> [String: JSON] {
        let user = user(json["actor"])
        let endpoint: JSON = ["name": user["uid"] ?? "unknown"]
        switch kind {
        case .api:
            var members: [String: JSON] = ["actor": ["user": user], "src_endpoint": endpoint]
            members["api"] = ["operation": .string(type), "service": ["name": "Sluis"]]
            if let dataset = json["dataset"]?.string {
                members["resources"] = [["uid": .string(dataset), "type": "dataset"]]
            }
            return members
        case .datastore:
            let dataset = json["dataset"]?.string ?? "unknown"
            return [
                "actor": ["user": user], "src_endpoint": endpoint, "type_id": 3, "type": "Table",
                "table": ["uid": .string(dataset), "name": .string(dataset)],
            ]
        case .entity(let subject):
            return [
                "actor": ["user": user], "src_endpoint": endpoint,
                "entity": entity(subject, json, type: type),
            ]
        case .base: return [:]
        }
    }

    /// Who acted. A person is his commitment in this entry, which no two entries share.
    private static func user(_ actor: JSON?) -> JSON {
        if let organisation = actor?["org"]?.string {
            var user: [String: JSON] = [
                "uid": .string(organisation), "type_id": 4, "type": "Service",
                "org": ["uid": .string(organisation)],
            ]
            user["credential_uid"] = actor?["x5t"]?.string.map(JSON.string)
            return .object(user)
        }
        if let person = actor?["person"]?.string {
            return ["uid": .string(person), "type_id": 1, "type": "User"]
        }
        guard actor?.object != nil else { return ["uid": "anonymous", "type_id": 0, "type": "Unknown"] }
        return ["uid": "hub", "type_id": 3, "type": "System"]
    }

    private static func entity(_ subject: String, _ json: JSON, type: String) -> JSON {
        let member = ["log": "origin", "key": "kid"][subject] ?? subject
        return [
            "uid": .string(json[member]?.string ?? type), "type": .string(subject),
            "type_id": ["person": 2, "organisation": 4, "policy": 5][subject] ?? 99,
        ]
    }
}
