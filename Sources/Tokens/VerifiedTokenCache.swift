public import Model
import Synchronization

/// Remembers tokens whose signature was right, with their parsed claims, and nothing else.
///
/// A hit saves the signature check and the parsing. Time and binding are checked on every use, and so must
/// be, by the caller, all that can end early (organisation, agreement, `jti`, `kid`).
///
/// Set-associative: a keyed hash picks one of many sets of eight places, all eight are looked at, and a token
/// counts as found only if every byte is the same. In a full set an expired token makes room, else the one
/// that expires first. Only good tokens come in, so nobody without the hub's key can push others out.
public final class VerifiedTokenCache: Sendable {
    /// Places in a set.
    static let ways = 8
    private static let shardCount = 16

    private let hash: KeyedHash
    private let setsPerShard: Int
    private let shards: [Shard]
    private let hits = Atomic(0)
    private let misses = Atomic(0)

    /// How many tokens were found here, and how many were not.
    var lookups: (hits: Int, misses: Int) {
        (hits.load(ordering: .relaxed), misses.load(ordering: .relaxed))
    }

    /// - Parameters:
    ///   - capacity: tokens to hold, rounded up to a power of two of at least 128. Make it several times the
    ///     number of live tokens: below that, sets overflow while others have room.
    ///   - key: 16 secret random bytes, new for every process, so that nobody can choose tokens that share a
    ///     set.
    public init(capacity: Int, key: [UInt8]) {
        precondition(capacity > 0 && capacity <= 1 << 30, "a capacity between 1 and 2^30")
        hash = KeyedHash(key: key)
        var sets = 1
        while sets * Self.shardCount * Self.ways < capacity { sets *= 2 }
        setsPerShard = sets
        shards = (0..<Self.shardCount).map { _ in Shard(placeCount: sets * Self.ways) }
    }

    /// The claims of `compact` if it is good at `time` in this request: what `verifier.verify` answers,
    /// sooner.
    ///
    /// Safe to call from any number of threads; none waits for another's signature check.
    /// - Parameters:
    ///   - compact: a compact JWS in ASCII.
    ///   - binding: the certificate or key with which this request's client proved itself; nil where nothing
    ///     is opened by it.
    ///   - verifier: checks a token that is not here. What one verifier accepted is unknown to any other.
    /// - Throws: `TokenFault`.
    public func token(
        for compact: [UInt8], at time: Instant, boundTo binding: TokenBinding?,
        orVerify verifier: TokenVerifier
    ) throws(TokenFault) -> AccessToken {
        if let known = known(compact.span, to: verifier.identity) {
            try known.token.check(at: time, boundTo: binding ?? known.token.binding)
            return known.token
        }
        misses.add(1, ordering: .relaxed)
        let token = try verifier.verify(compact, at: time, boundTo: binding)
        let (shard, set, code) = place(of: compact.span)
        shard.insert(KnownToken(compact, token, verifier.identity), set, code)
        return token
    }

    /// The token, if it is held: nothing of it is checked, time and binding neither.
    ///
    /// - Parameter verifier: which one must have accepted it.
    func known(_ compact: Span<UInt8>, to verifier: UInt64) -> KnownToken? {
        let (shard, set, code) = place(of: compact)
        guard let known = shard.entry(set, code), known.isFor(compact, verifier) else { return nil }
        hits.add(1, ordering: .relaxed)
        return known
    }

    /// Forgets all tokens. One whose check is under way may still come in after; a key that must not count
    /// any more is left out of a new verifier.
    public func removeAll() {
        for shard in shards { shard.removeAll() }
    }

    /// What is held, expired tokens included.
    var tokens: [AccessToken] { shards.flatMap { $0.tokens } }

    var capacity: Int { shards.count * setsPerShard * Self.ways }

    /// The signature at the end is what no two tokens share; tokens that end alike but differ before are told
    /// apart byte by byte.
    private func place(of compact: Span<UInt8>) -> (Shard, set: Int, code: UInt64) {
        let code = hash.hash(compact.extracting(max(0, compact.count - 64)..<compact.count))
        let shard = shards[Int(code % UInt64(Self.shardCount))]
        let set = Int(code / UInt64(Self.shardCount) % UInt64(setsPerShard))
        return (shard, set, code)
    }
}

/// Some of the sets behind one lock, which is held only for looking through or changing one set.
private final class Shard: Sendable {
    private struct Place {
        var code: UInt64 = 0
        var entry: KnownToken?
    }

    private let places: Mutex<[Place]>

    init(placeCount: Int) { places = Mutex([Place](repeating: Place(), count: placeCount)) }

    var tokens: [AccessToken] { places.withLock { places in places.compactMap { $0.entry?.token } } }

    func entry(_ set: Int, _ code: UInt64) -> KnownToken? {
        places.withLock { places in
            for index in Self.indices(set) where places[index].code == code { return places[index].entry }
            return nil
        }
    }

    /// Puts `entry` where one of the same code is, else where none is, else over the one that expires first,
    /// which any expired one does.
    func insert(_ entry: KnownToken, _ set: Int, _ code: UInt64) {
        places.withLock { places in
            let indices = Self.indices(set)
            let index =
                indices.first { places[$0].entry != nil && places[$0].code == code }
                ?? indices.first { places[$0].entry == nil }
                ?? indices.min { Self.end(places[$0]) < Self.end(places[$1]) }
            if let index { places[index] = Place(code: code, entry: entry) }
        }
    }

    func removeAll() {
        places.withLock { places in
            for index in places.indices { places[index] = Place() }
        }
    }

    private static func indices(_ set: Int) -> Range<Int> {
        set * VerifiedTokenCache.ways..<(set + 1) * VerifiedTokenCache.ways
    }

    private static func end(_ place: Place) -> Int64 { place.entry?.token.expiresAt.milliseconds ?? .min }
}
