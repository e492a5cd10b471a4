import Model
import TestSupport

@testable import DataPlane

/// A connected dataset's upstream as tests make it: bytes, and how they are cut.
struct Upstream {
    var bytes: [UInt8]
    /// Sizes of the chunks, over and over; none for a single chunk.
    var chunks: [Int] = []

    init(_ text: String, chunks: [Int] = []) { self.init(Array(text.utf8), chunks: chunks) }

    init(_ bytes: [UInt8], chunks: [Int] = []) {
        self.bytes = bytes
        self.chunks = chunks
    }

    /// One that is cut at random.
    func cut(_ random: inout SeededGenerator) -> Upstream {
        // A long text in single bytes would take a block each.
        let most = max(random.pick([1, 3, 20, 200, 70_000]), bytes.count / 200)
        return Upstream(
            bytes, chunks: (0..<5).map { _ in Int.random(in: 1...most, using: &random) })
    }

    var pieces: [[UInt8]] {
        guard !chunks.isEmpty else { return bytes.isEmpty ? [] : [bytes] }
        var (pieces, start): ([[UInt8]], Int) = ([], 0)
        while start < bytes.count {
            let end = min(bytes.count, start + chunks[pieces.count % chunks.count])
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}

/// What a reader of a connected dataset got.
struct ConnectedOutcome: Equatable {
    /// A block that was passed, by the rows of the upstream that were looked at for it.
    struct Pass: Equatable {
        var rows: Range<Int>
        /// How often the filter had changed.
        var changes: Int
    }

    var bytes: [UInt8] = []
    var rows = 0
    var delivered: [UInt32: Int] = [:]
    var passes: [Pass] = []
    var counts = ConnectedCounts()
    var withheldOwners = 0
    var fault: UpstreamFault?

    /// What does not depend on how the upstream was cut.
    var lasting: ConnectedOutcome {
        var copy = self
        copy.passes = []
        return copy
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ConnectedStream {
    /// Reads to the end; before each block is written `change` may change the filter, so that the block is
    /// dropped and assembled anew.
    mutating func read(
        _ upstream: Upstream, _ filter: () throws -> ConnectedFilter?,
        change: () throws -> Bool = { false }
    ) throws -> ConnectedOutcome {
        var outcome = ConnectedOutcome(bytes: header)
        var pieces = upstream.pieces[...]
        var changes = 0
        while !isAtEnd {
            // As a gateway does that waits for a full block, or one that gives what there is.
            if wantsInput { if let piece = pieces.popFirst() { feed(piece) } else { finish() } }
            do {
                guard let block = try assemble(try filter()) else { continue }
                if try change() {
                    changes += 1
                    continue
                }
                outcome.bytes += block.bytes
                outcome.rows += block.rows
                for run in block.delivered { outcome.delivered[run.ordinal, default: 0] += run.rows }
                let start = counts.rows
                advance(past: block)
                outcome.passes.append(.init(rows: start..<counts.rows, changes: changes))
            } catch let fault as UpstreamFault {
                outcome.fault = fault
                break
            }
        }
        (outcome.counts, outcome.withheldOwners) = (counts, withheldOwnerCount)
        return outcome
    }
}

extension ConnectedOwners {
    /// With a number that tells tables of one test apart.
    static func of(_ keys: [String], version: Int = 1) throws -> ConnectedOwners {
        guard let dataset = Slug("meters") else { throw DataPlaneError.notOpen }
        return try ConnectedOwners(identity: VersionIdentity(dataset: dataset, version: version), keys: keys)
    }

    /// A filter in which the named owners granted these positions.
    func filter(_ grants: [String: [Int]]) throws -> ConnectedFilter {
        let filter = OwnerFilter(owners: self)
        for (key, fields) in grants {
            // A single owner has no key.
            guard let ordinal = key.isEmpty ? 0 : ordinal(of: key) else { continue }
            try filter.grant(ordinal, fields: FieldSet(fields))
        }
        return try ConnectedFilter(owners: self, grants: filter.snapshot())
    }
}
