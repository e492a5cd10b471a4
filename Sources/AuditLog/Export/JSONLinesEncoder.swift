public import MerkleLog
internal import Model

/// JSON Lines: `{"entry":{...},"index":N}` a line, canonical (RFC 8785), UTF-8, each with LF.
///
/// `entry` is as the log holds it, byte for byte, so its leaf hash can be computed from the line. Bytes that
/// are not canonical JSON, which the hub never writes, stand in Base64 in a member `raw`; `entry` is then
/// what could be read of them, or null. With proofs each line has a member `proof`, the text of a C2SP
/// `.tlog-proof` file.
public struct JSONLinesEncoder: EntryEncoder {
    private let proof: (@Sendable (UInt64) throws -> TlogProof)?

    /// - Parameter proof: makes the proof of an entry; nil for none.
    public init(proof: (@Sendable (UInt64) throws -> TlogProof)? = nil) { self.proof = proof }

    public var header: [UInt8] { [] }

    public func encode(_ index: UInt64, _ entry: [UInt8]) throws -> [UInt8] {
        let json = try? JSON.parse(entry)
        var members: [String: JSON] = ["entry": json ?? .null, "index": .integer(Int64(clamping: index))]
        if json?.canonical != entry { members["raw"] = .string(Base64.encode(entry)) }
        if let proof { members["proof"] = .string(try proof(index).text) }
        return JSON.object(members).canonical + [UInt8(ascii: "\n")]
    }
}
