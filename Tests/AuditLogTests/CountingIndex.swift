import Model
import Synchronization

/// A search index that only counts, and refuses a gap as the real one does.
final class CountingIndex: SearchIndex {
    struct Gap: Error {}

    private struct Content {
        var state = IndexState()
        var indexes: [UInt64] = []
    }

    private let content = Mutex(Content())

    var indexes: [UInt64] { content.withLock { $0.indexes } }

    func state() throws -> IndexState { content.withLock { $0.state } }

    func add(_ batch: IndexBatch) throws {
        try content.withLock { content in
            guard batch.range.lowerBound <= content.state.size else { throw Gap() }
            content.indexes += batch.entries.map(\.index)
            content.state = IndexState(log: batch.log, size: batch.range.upperBound, root: batch.root)
        }
    }

    func reset(for log: String) throws {
        content.withLock { $0 = Content(state: IndexState(log: log)) }
    }

    func entries(_ query: EntryQuery, limit: Int, after cursor: String?) throws -> EntryPage {
        EntryPage(indexes: indexes, next: nil, indexedTo: try state().size)
    }

    func accesses(of spans: [OwnerSpan], limit: Int, after cursor: String?) throws -> AccessPage {
        AccessPage(items: [], next: nil, indexedTo: try state().size)
    }

    func erase(_ spans: [OwnerSpan]) throws {}
}
