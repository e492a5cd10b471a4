import Cryptography
import Foundation
import MerkleLog
import Model
import Synchronization

@testable import AuditLog

/// A data directory with a log and its side files, gone when the test is.
final class LivingLog: Sendable {
    let path: String
    let signer: NoteSigner

    init() throws {
        path = NSTemporaryDirectory() + "sluis-search-log-" + UUID().uuidString
        signer = try NoteSigner(name: "log.example/sluis", key: .generate(.ed25519))
        for folder in ["/journal", "/log", "/side"] {
            try FileManager.default.createDirectory(atPath: path + folder, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func open() throws -> AuditLog {
        try AuditLog(dataDirectory: path, signer: signer, reservedDiskBytes: 0)
    }

    /// Puts the side files of a life beside the log.
    func keep(_ sideFiles: [String: [UInt8]]) throws {
        for (stream, bytes) in sideFiles {
            try Data(bytes).write(to: URL(fileURLWithPath: path + "/side/" + stream))
        }
    }
}

extension AuditLog {
    /// Appends in order and waits until all are published.
    func publish(_ entries: [[UInt8]]) async throws {
        guard !entries.isEmpty else { return }
        let (answers, continuation) = AsyncStream.makeStream(of: Result<UInt64, RetryableFault>.self)
        for entry in entries { append(entry) { continuation.yield($0) } }
        var last: UInt64 = 0
        for await answer in answers.prefix(entries.count) { last = max(last, try answer.get()) }
        _ = try await published(covering: last)
    }
}

/// An index that fails when it is told to.
final class FailingIndex: SearchIndex {
    private let index: any SearchIndex
    private let faults = Mutex(0)
    private let batches = Mutex<[Range<UInt64>]>([])

    init(_ index: any SearchIndex) { self.index = index }

    /// The next so many batches fail.
    func fail(_ count: Int) { faults.withLock { $0 = count } }

    /// What was added.
    var added: [Range<UInt64>] { batches.withLock { $0 } }

    func state() throws -> IndexState { try index.state() }

    func add(_ batch: IndexBatch) throws {
        let mustFail = faults.withLock { faults in
            defer { faults = max(0, faults - 1) }
            return faults > 0
        }
        if mustFail { throw RetryableFault("index_unavailable", "no", cause: "told to") }
        try index.add(batch)
        batches.withLock { $0.append(batch.range) }
    }

    func reset(for log: String) throws { try index.reset(for: log) }
    func entries(_ query: EntryQuery, limit: Int, after cursor: String?) throws -> EntryPage {
        try index.entries(query, limit: limit, after: cursor)
    }
    func accesses(of spans: [OwnerSpan], limit: Int, after cursor: String?) throws -> AccessPage {
        try index.accesses(of: spans, limit: limit, after: cursor)
    }
    func erase(_ spans: [OwnerSpan]) throws { try index.erase(spans) }
}

/// Keeps what it is told.
final class Notices: Sendable {
    private let kept = Mutex<[Indexer.Notice]>([])

    func note(_ notice: Indexer.Notice) { kept.withLock { $0.append(notice) } }

    var all: [Indexer.Notice] { kept.withLock { $0 } }
}
