internal import Cryptography
internal import DataPlane
internal import Model

/// Where a read of an agreement left off: what a reader hands back to get what came since.
///
///     base64url(format (1) | history (16) | version (4) | sequence (8) | start (8) | end (8)
///               | selection (16) | HMAC-SHA-256 of all before under the history's key, first 16 bytes)
struct ReadCursor: Hashable, Sendable {
    private static let format: UInt8 = 1
    private static let macBytes = 16
    private static let sizeBytes = 61 + macBytes

    /// Which numbers of changes its own are.
    let history: [UInt8]
    /// Of which rows were read.
    let version: Int
    /// The place in the order of arrival behind all rows that were read.
    let sequence: Int
    /// The number of the next change when the read was decided.
    let start: Int
    /// And when it ended.
    var end: Int
    /// Digest of what was asked for.
    let selection: [UInt8]

    func text(under key: [UInt8]) -> String { Base64.encodeURL(bytes + mac(under: key)) }

    private var bytes: [UInt8] {
        var bytes = [Self.format] + history
        bytes.appendBigEndian(UInt32(version))
        for number in [sequence, start, end] { bytes.appendBigEndian(UInt64(number)) }
        return bytes + selection
    }

    private func mac(under key: [UInt8]) -> [UInt8] {
        Array(HMACSHA256.authenticate(bytes, key: key)[..<Self.macBytes])
    }

    /// Nil if it is none at all.
    init?(_ text: String) {
        guard let bytes = Base64.decodeURL(text), bytes.count == Self.sizeBytes, bytes[0] == Self.format,
            let sequence = Int(exactly: bytes.bigEndian(at: 21, count: 8)),
            let start = Int(exactly: bytes.bigEndian(at: 29, count: 8)),
            let end = Int(exactly: bytes.bigEndian(at: 37, count: 8))
        else { return nil }
        history = Array(bytes[1..<17])
        version = Int(bytes.bigEndian(at: 17, count: 4))
        (self.sequence, self.start, self.end) = (sequence, start, end)
        selection = Array(bytes[45..<61])
        stated = Array(bytes[61...])
    }

    /// Of a read that is being decided.
    init(_ place: HistoryPlace, _ version: StoredVersion, selection: [UInt8]) {
        history = place.history
        self.version = version.number
        sequence = version.nextSequence
        start = place.next
        end = place.next
        self.selection = selection
        stated = []
    }

    /// As it was read.
    private let stated: [UInt8]

    /// Whether the hub made it, with this key.
    func isAuthentic(under key: [UInt8]) -> Bool { ConstantTime.areEqual(mac(under: key), stated) }

    /// Digest of what a read asks for: a cursor goes on with the same fields and the same condition.
    static func selection(fields: [String], where condition: Condition?) -> [UInt8] {
        let parts = fields.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        let text = JSON.array([JSON(parts), JSON(condition?.text)])
        return Array(SHA256.hash(text.canonical)[..<16])
    }
}

extension Array<UInt8> {
    fileprivate mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    fileprivate func bigEndian(at offset: Int, count: Int) -> UInt64 {
        self[offset..<offset + count].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
