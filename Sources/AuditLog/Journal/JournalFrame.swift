internal import Cryptography
internal import MerkleLog

/// One commit of the journal, as bytes.
///
/// ```
/// "SLJ2"  u32 length of entries  u64 first index  u32 count  entries  SHA-256(header || leaf hashes)
/// ```
///
/// Numbers are big-endian. `entries` is a C2SP entry bundle without its limit of 256: each entry behind its
/// u16 length. The digest tells a whole frame from a torn one. It is taken over the leaf hashes
/// (RFC 6962 section 2.1), which the tree needs anyway, so that every entry is hashed once. It does not
/// protect against whoever can write the file: that is what the published checkpoints are for.
struct JournalFrame: Equatable {
    static let magic: [UInt8] = Array("SLJ2".utf8)
    static let headerBytes = 20
    static let digestBytes = 32

    let firstIndex: UInt64
    let entries: [[UInt8]]
    let leaves: [TreeHash]

    init(firstIndex: UInt64, entries: [[UInt8]]) {
        self.init(firstIndex: firstIndex, entries: entries, leaves: entries.map(MerkleTree.leafHash))
    }

    /// - Parameter leaves: the hashes of the entries.
    init(firstIndex: UInt64, entries: [[UInt8]], leaves: [TreeHash]) {
        precondition(entries.count == leaves.count, "every entry has its hash")
        self.firstIndex = firstIndex
        self.entries = entries
        self.leaves = leaves
    }

    func encoded() -> [UInt8] {
        let length = entries.reduce(0) { $0 + 2 + $1.count }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + length + Self.digestBytes)
        bytes.append(contentsOf: Self.magic)
        bytes.appendBigEndian(UInt32(length))
        bytes.appendBigEndian(firstIndex)
        bytes.appendBigEndian(UInt32(entries.count))
        let header = bytes[...]
        for entry in entries {
            bytes.append(UInt8(truncatingIfNeeded: entry.count >> 8))
            bytes.append(UInt8(truncatingIfNeeded: entry.count))
            bytes.append(contentsOf: entry)
        }
        bytes.append(contentsOf: Self.digest(header: header, leaves))
        return bytes
    }

    /// Reads the frame that begins at `start`.
    ///
    /// - Returns: the frame and where the next one begins; nil if no whole, undamaged frame begins there.
    static func decode(_ bytes: [UInt8], at start: Int) -> (frame: JournalFrame, end: Int)? {
        guard bytes.count - start >= headerBytes + digestBytes, bytes[start..<start + 4].elementsEqual(magic)
        else {
            return nil
        }
        let length = Int(bytes.bigEndian(UInt32.self, at: start + 4))
        let digestStart = start + headerBytes + length
        guard bytes.count - digestStart >= digestBytes,
            let entries = entries(in: bytes[start + headerBytes..<digestStart]),
            entries.count == Int(bytes.bigEndian(UInt32.self, at: start + 16))
        else { return nil }
        let frame = JournalFrame(firstIndex: bytes.bigEndian(UInt64.self, at: start + 8), entries: entries)
        guard
            digest(header: bytes[start..<start + headerBytes], frame.leaves).elementsEqual(
                bytes[digestStart..<digestStart + digestBytes])
        else { return nil }
        return (frame, digestStart + digestBytes)
    }

    private static func digest(header: ArraySlice<UInt8>, _ leaves: [TreeHash]) -> [UInt8] {
        SHA256.hash(Array(header) + HashTile.encode(leaves))
    }

    private static func entries(in payload: ArraySlice<UInt8>) -> [[UInt8]]? {
        var entries: [[UInt8]] = []
        var position = payload.startIndex
        while position < payload.endIndex {
            guard payload.endIndex - position >= 2 else { return nil }
            let length = Int(payload[position]) << 8 | Int(payload[position + 1])
            guard payload.endIndex - position - 2 >= length else { return nil }
            entries.append(Array(payload[position + 2..<position + 2 + length]))
            position += 2 + length
        }
        return entries
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }

    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, at start: Int) -> Number {
        self[start..<start + Number.bitWidth / 8].reduce(0) { $0 << 8 | Number($1) }
    }
}
