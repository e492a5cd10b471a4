public import Model

/// Everything the log tells of one grant, handed over to someone who may check it without the log: a JSON
/// file (RFC 8259) of these members and no others.
///
///     {"format": "sluis-grant-evidence", "version": 1,
///      "log": VKEY,            the log's verifier key (C2SP signed-note)
///      "grant": ID,            a lower-case UUID version 7
///      "entries": [            one or more, by ascending index
///       {"index": N,           the entry's number in the log
///        "entry": TEXT,        its canonical JSON (RFC 8785), byte for byte
///        "proof": TEXT,        its .tlog-proof (C2SP tlog-proof), checkpoint included
///        "openings": [         none, or one for each person who is to be shown
///         {"member": "owner",  where in the entry his commitment is: names joined by dots, `actor.person`
///          "id": TEXT,         who he is
///          "salt": BASE64URL}  32 bytes
///       ]}
///      ]}
///
/// A commitment is the base64url of SHA-256(salt || nonce || UTF-8 of the id), where the nonce is the 16
/// bytes of the entry's member `nonce`.
///
/// Trust: the verifier key, which the verifier must have from elsewhere. What the file proves is that the log
/// holds these entries and whom they name. It does not prove that it holds no others of the grant: only the
/// whole log shows that. Whoever has the file knows the persons it opens.
public struct GrantEvidence: Sendable {
    public struct Entry: Sendable {
        public let index: UInt64
        public let bytes: [UInt8]
        public let proof: TlogProof
        public let openings: [Opening]
    }

    /// Who the person behind a commitment is.
    public struct Opening: Sendable {
        /// The names on the way to the commitment, joined by dots.
        public let member: String
        public let id: String
        public let salt: [UInt8]
    }

    /// More are not read.
    public static let maximumSizeBytes = 16 << 20
    static let format = "sluis-grant-evidence"
    private static let saltSizeBytes = 32

    /// The key that the file says its proofs are under; nothing believes it.
    public let log: NoteVerifier
    public let grant: GrantID
    public let entries: [Entry]

    /// Reads a file; whether it proves anything is what `verify` tells.
    ///
    /// - Throws: `malformedReceipt`, naming the member.
    public init(_ bytes: [UInt8]) throws(ProofError) {
        guard bytes.count <= Self.maximumSizeBytes else {
            throw ProofError(.malformedReceipt, "it has more than \(Self.maximumSizeBytes) bytes")
        }
        let json: JSON
        do { json = try JSON.parse(bytes) } catch {
            throw ProofError(.malformedReceipt, "it is not JSON: \(error)")
        }
        let members = try MemberReader(json, names: ["format", "version", "log", "grant", "entries"])
        guard try members.string("format") == Self.format else {
            throw members.failure("format", "is not `\(Self.format)`")
        }
        guard try members.index("version") == 1 else { throw members.failure("version", "is not 1") }
        do { log = try NoteVerifier(vkey: try members.string("log")) } catch {
            throw members.failure("log", "is no verifier key: \(error)")
        }
        guard let grant = GrantID(try members.string("grant")) else {
            throw members.failure("grant", "is not the id of a grant")
        }
        self.grant = grant
        entries = try members.elements("entries").map { json, path throws(ProofError) in
            try Self.entry(json, at: path)
        }
        guard !entries.isEmpty else { throw members.failure("entries", "is empty") }
    }

    private static func entry(_ json: JSON, at path: String) throws(ProofError) -> Entry {
        let members = try MemberReader(json, at: path, names: ["index", "entry", "proof", "openings"])
        let proof: TlogProof
        do { proof = try TlogProof(Array(try members.string("proof").utf8)) } catch {
            throw members.failure("proof", "is no proof: \(error.message)")
        }
        let openings = try members.elements("openings").map { json, path throws(ProofError) in
            try opening(json, at: path)
        }
        guard Set(openings.map(\.member)).count == openings.count else {
            throw members.failure("openings", "opens a member twice")
        }
        return Entry(
            index: try members.index("index"), bytes: Array(try members.string("entry").utf8), proof: proof,
            openings: openings)
    }

    private static func opening(_ json: JSON, at path: String) throws(ProofError) -> Opening {
        let members = try MemberReader(json, at: path, names: ["member", "id", "salt"])
        return Opening(
            member: try members.string("member"), id: try members.string("id"),
            salt: try members.bytes("salt", count: saltSizeBytes))
    }
}
