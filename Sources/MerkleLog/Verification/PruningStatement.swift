import Model

/// What an entry `log.pruned` states: that the entries below an index were taken out of the log, and what
/// root their tree had.
///
/// A log without its first entries is a log from which something is missing, unless it says so itself, for
/// ever and to everybody.
public struct PruningStatement: Hashable, Sendable {
    /// The entry that states it.
    public let entry: UInt64
    /// The entries below may be missing. A multiple of 256: whole bundles are pruned.
    public let minimumIndex: UInt64
    /// The root of the tree of the entries below (RFC 6962 section 2.1).
    public let root: TreeHash

    static let type = "log.pruned"

    /// Nil unless the entry is a statement, and stands where it can be: not below what it speaks of.
    public init?(entry index: UInt64, _ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), json["type"]?.string == Self.type,
            let minimum = json["minimum_index"]?.integer, minimum > 0, minimum % 256 == 0, minimum <= index,
            let root = json["root"]?.string.flatMap({ TreeHash(base64: $0) })
        else { return nil }
        entry = index
        minimumIndex = UInt64(minimum)
        self.root = root
    }
}
