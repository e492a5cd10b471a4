/// What the search index needs to know of an entry of the audit log.
///
/// It is read from the entry alone. A member that is missing, or is not what the hub writes there, is left
/// out: entries of later versions are indexed as far as they are understood.
public struct IndexedEntry: Hashable, Sendable {
    public var index: UInt64
    /// The type as written; empty if there is none.
    public var type: String
    public var at: Instant?
    /// The 16-byte nonce, if the entry may name a person.
    public var nonce: [UInt8]?
    /// The organisations that the entry itself names: `actor.org`, `organisation`, `provider`, `consumer` and
    /// `owner`. Those that its dataset, agreement, request and grant name come in addition; which those are
    /// is learnt from earlier entries.
    public var organisations: Set<Slug>
    public var provider: Slug?
    public var consumer: Slug?
    /// An organisation as an owner. A person stands there as a commitment, which is no slug.
    public var owner: Slug?
    public var dataset: Slug?
    public var agreement: AgreementID?
    public var request: RequestID?
    public var grant: GrantID?
    public var purpose: String?
    public var decision: String?
    /// Of the dataset, of a read.
    public var version: Int?
    /// The name of the stream, base64url.
    public var stream: String?
    /// Under which its side file lies: its stream, or another one's that shares it.
    public var sideFile: String?
    /// The index of an entry of the same stream, before this one, whose answer was not sent.
    public var corrects: UInt64?
    public var account: DeliveryAccount

    /// The longest text that is indexed, in bytes of UTF-8: a key of the index, not a place to keep things.
    static let maximumTextBytes = 512
    private static let longestStreamName = 64
    private static let maximumProcessors = 100

    /// - Parameter entry: its bytes.
    /// - Returns: nil unless they are a JSON object.
    public init?(index: UInt64, entry: [UInt8]) {
        guard let json = try? JSON.parse(entry), let members = json.object else { return nil }
        self.index = index
        type = Self.text(members["type"]) ?? ""
        at = members["at"]?.string.flatMap { Instant($0) }
        let actor = members["actor"]?.object ?? [:]
        nonce = Self.namesPerson(members, actor: actor) ? Self.bytes(members["nonce"], count: 16) : nil
        provider = Self.slug(members["provider"])
        consumer = Self.slug(members["consumer"])
        owner = Self.slug(members["owner"])
        let named =
            [provider, consumer, owner, Self.slug(actor["org"])]
            + ["organisation", "client"].map { Self.slug(members[$0]) }
        let processors = ["processors", "removed"].flatMap { name in
            members[name]?.array?.prefix(Self.maximumProcessors) ?? []
        }
        organisations = Set(named.compactMap(\.self)).union(processors.compactMap { Self.slug($0) })
        dataset = Self.slug(members["dataset"])
        agreement = members["agreement"]?.string.flatMap { AgreementID($0) }
        request = members["request"]?.string.flatMap { RequestID($0) }
        grant = members["grant"]?.string.flatMap { GrantID($0) }
        purpose = Self.text(members["purpose"])
        decision = Self.text(members["decision"])
        version = members["version"]?.integer.flatMap { Int(exactly: $0) }
        stream = Self.text(members["stream"]).flatMap(Self.streamName)
        sideFile = json.sideFileName.flatMap(Self.streamName)
        if type == EntryType.accessCompleted.rawValue {
            corrects = members["corrects"]?.integer.flatMap { UInt64(exactly: $0) }.flatMap {
                $0 < index ? $0 : nil
            }
        }
        account = Self.account(type, members)
    }

    private static func slug(_ value: JSON?) -> Slug? { value?.string.flatMap { Slug($0) } }

    private static func text(_ value: JSON?) -> String? {
        guard let text = value?.string, !text.isEmpty, text.utf8.count <= maximumTextBytes else { return nil }
        return text
    }

    private static func bytes(_ value: JSON?, count: Int) -> [UInt8]? {
        guard let bytes = value?.string.flatMap({ Base64.decodeURL($0) }), bytes.count == count else {
            return nil
        }
        return bytes
    }

    /// A name of a file: whatever else stands in an entry must not become a path.
    private static func streamName(_ text: String) -> String? {
        text.utf8.count <= longestStreamName && Base64.decodeURL(text) != nil ? text : nil
    }
}

extension IndexedEntry {
    /// Members that hold a digest, as a commitment to a person looks.
    private static let digests: Set<String> = [
        "policy", "digest", "delivered", "credential", "kid", "former_kid",
    ]

    /// Whether a member may be the commitment to a person. All but the entries of reads and tokens do, and
    /// those are the many: their nonces, which nobody asks for, would be most of the index.
    private static func namesPerson(_ members: [String: JSON], actor: [String: JSON]) -> Bool {
        actor["person"]?.string != nil
            || members.contains { name, value in
                // What is tried here is cheap to tell from the texts of other members.
                value.string?.utf8.count == 43 && !digests.contains(name) && bytes(value, count: 32) != nil
            }
    }

    /// What the entry tells of rows that have owners. Under an agreement rows have owners; without one the
    /// dataset is open.
    private static func account(_ type: String, _ members: [String: JSON]) -> DeliveryAccount {
        guard let known = EntryType(rawValue: type), members["decision"]?.string != "deny" else {
            return .none
        }
        let hasOwners = members["agreement"]?.string != nil
        switch known {
        case .accessDecided: return hasOwners ? .unknown(.unfinished) : .none
        case .accessCompleted, .access:
            if let delivered = members["delivered"]?.string {
                return Base64.decodeURL(delivered).map { .sideFile(commitment: $0) } ?? .unknown(.wrong)
            }
            return hasOwners && members["rows"]?.integer != 0 ? .unknown(.notRecorded) : .none
        // It closes a log only because entries are lost, though no checkpoint may cover them.
        case .logClosed: return .unknown(.lost)
        default: return .none
        }
    }
}
