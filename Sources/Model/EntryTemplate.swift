/// The entry of a read that is made again and again: the same bytes but for who reads, when, and what is
/// random in it.
///
/// It is made from a whole entry of such a read, so that what it writes is what `EntrySealer` would write.
public struct EntryTemplate: Sendable {
    /// What differs from entry to entry.
    public struct Filling: Sendable {
        /// The member `actor`, canonical JSON.
        public var actor: [UInt8]
        public var at: Instant
        /// 16 bytes, 16 bytes, and 32 or none: none where the template has no digest.
        public var nonce: [UInt8]
        public var stream: [UInt8]
        public var digest: [UInt8]

        public init(actor: [UInt8], at: Instant, nonce: [UInt8], stream: [UInt8], digest: [UInt8]) {
            (self.actor, self.at, self.nonce) = (actor, at, nonce)
            (self.stream, self.digest) = (stream, digest)
        }
    }

    private enum Hole { case actor, at, nonce, stream, digest }

    /// The bytes between the holes: one piece more than there are holes.
    private let pieces: [[UInt8]]
    private let holes: [Hole]

    /// - Parameter entry: canonical JSON with the members `actor`, `at`, `nonce`, `stream` and `digest`.
    /// - Returns: nil if it is none, or one of these texts stands in it somewhere else too.
    public init?(_ entry: [UInt8]) {
        guard let json = try? JSON.parse(entry), json.canonical == entry else { return nil }
        let members: [(String, Hole)] = [
            ("actor", .actor), ("at", .at), ("nonce", .nonce), ("stream", .stream), ("digest", .digest),
        ]
        var found: [(range: Range<Int>, hole: Hole)] = []
        for (name, hole) in members {
            guard let value = json[name] else { return nil }
            // Of a hub that makes no digests it is null, and is so in all of them.
            if hole == .digest, value == .null { continue }
            // With its name, so that a value which happens to stand elsewhere is no match.
            let member = Array("\"\(name)\":".utf8)
            let text = value.canonical
            guard let start = Self.onlyPlace(of: member + text, in: entry) else { return nil }
            found.append((start + member.count..<start + member.count + text.count, hole))
        }
        found.sort { $0.range.lowerBound < $1.range.lowerBound }
        var (pieces, end): ([[UInt8]], Int) = ([], 0)
        for (range, _) in found {
            guard range.lowerBound >= end else { return nil }
            pieces.append(Array(entry[end..<range.lowerBound]))
            end = range.upperBound
        }
        self.pieces = pieces + [Array(entry[end...])]
        holes = found.map(\.hole)
    }

    /// How much memory it takes, about.
    public var byteCount: Int { pieces.reduce(0) { $0 + $1.count } }

    /// The entry, and where the text of its member `at` lies in it.
    public func entry(_ filling: Filling) -> (bytes: [UInt8], timeText: Range<Int>) {
        var (bytes, timeText): ([UInt8], Range<Int>) = ([], 0..<0)
        bytes.reserveCapacity(pieces.reduce(160 + filling.actor.count) { $0 + $1.count })
        for index in holes.indices {
            bytes += pieces[index]
            switch holes[index] {
            case .actor: bytes += filling.actor
            case .nonce: Self.append(filling.nonce, to: &bytes)
            case .stream: Self.append(filling.stream, to: &bytes)
            case .digest: Self.append(filling.digest, to: &bytes)
            case .at:
                bytes.append(UInt8(ascii: "\""))
                let start = bytes.count
                filling.at.append(to: &bytes)
                timeText = start..<bytes.count
                bytes.append(UInt8(ascii: "\""))
            }
        }
        bytes += pieces[holes.count]
        return (bytes, timeText)
    }

    private static func append(_ value: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        Base64.encodeURL(value.span, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Where a text begins in another; nil unless that is once.
    private static func onlyPlace(of text: [UInt8], in entry: [UInt8]) -> Int? {
        guard text.count <= entry.count else { return nil }
        let places = (0...entry.count - text.count).filter { start in
            entry[start] == text[0] && entry[start..<start + text.count].elementsEqual(text)
        }
        return places.count == 1 ? places[0] : nil
    }
}
