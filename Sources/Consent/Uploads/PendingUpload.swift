internal import Cryptography
public import DataPlane
public import Model
internal import Synchronization

public typealias UploadID = Identifier<PendingUpload>

/// An upload that may break off and be gone on with, for as long as the hub runs and somebody comes back.
///
/// Who goes on has a turn. Whoever asks how far it has come, or begins a turn, ends the one before: a sender
/// whose connection is gone may not know it yet, and nothing of his may come in behind the offset that was
/// told. Then who sends next says where he goes on, so no byte is taken twice or left out.
public final class PendingUpload: Sendable {
    /// How far it has come.
    public struct Progress: Sendable {
        /// Bytes of the file that were taken.
        public var offset: Int
        /// SHA-256 of these bytes.
        public var digest: [UInt8]
        /// What came of it; nil while it is under way.
        public var outcome: Exchange.Recorded<IngestReport>?
    }

    private struct State {
        var offset = 0
        var digest = SHA256Stream()
        var turn = 0
        /// Whose turns have not ended.
        var senders = 0
        var touchedAt: Instant
        /// Nil when it is over: what it held in memory is gone then.
        var upload: Exchange.Upload?
        var outcome: Exchange.Recorded<IngestReport>?
    }

    public let id: UploadID
    public let dataset: Slug
    public let mode: Exchange.UploadMode
    /// How the file is read.
    public let badLines: IngestShape.BadLinePolicy
    public let format: FileFormat
    public let coding: ContentCoding
    let provider: Slug
    private let state: Mutex<State>
    /// Held while bytes are taken, or turns change.
    private let lock = KeyedLock<Int>()

    init(
        _ id: UploadID, _ upload: Exchange.Upload, badLines: IngestShape.BadLinePolicy, format: FileFormat,
        coding: ContentCoding, at now: Instant
    ) {
        self.id = id
        (self.badLines, self.format, self.coding) = (badLines, format, coding)
        (dataset, mode, provider) = (upload.dataset.id, upload.mode, upload.dataset.provider)
        state = Mutex(State(touchedAt: now, upload: upload))
    }

    /// How far it has come; whoever sends is stopped.
    public func progress(at now: Instant) async -> Progress {
        await lock.holding(0) {
            state.withLock { state in
                state.turn += 1
                state.touchedAt = now
            }
            return glance
        }
    }

    /// How far it has come, as far as one can tell while somebody sends.
    public var glance: Progress {
        state.withLock { state in
            var digest = state.digest
            return Progress(offset: state.offset, digest: digest.finalize(), outcome: state.outcome)
        }
    }

    /// Begins a turn, which must be left.
    ///
    /// - Parameter offset: where the sender goes on.
    /// - Throws: `ClientFault` if that is not as far as it has come, or it is over.
    public func begin(from offset: Int, at now: Instant) async throws -> Int {
        try await lock.holding(0) {
            try state.withLock { state in
                guard state.upload != nil else { throw Self.over }
                guard state.offset == offset else {
                    throw ClientFault(
                        .conflict, "upload_offset", "the upload has come to another byte",
                        field: "upload-offset", found: String(offset), expected: String(state.offset),
                        remedy: "ask how far it has come, and go on from there")
                }
                state.turn += 1
                state.senders += 1
                state.touchedAt = now
                return state.turn
            }
        }
    }

    public func leave() { state.withLock { $0.senders -= 1 } }

    /// Takes the next bytes of the file.
    ///
    /// - Throws: `ClientFault` `upload_taken_over` if the turn has ended; what an upload throws, and then the
    ///   upload is over.
    public func receive(_ bytes: [UInt8], turn: Int, at now: Instant) async throws {
        try await lock.holding(0) {
            try await upload(in: turn).receive(bytes)
            state.withLock { state in
                state.offset += bytes.count
                state.digest.update(bytes)
                state.touchedAt = now
            }
        }
    }

    func look(turn: Int, _ body: (Exchange.Upload) throws -> Void) async throws {
        try await lock.holding(0) { try body(try upload(in: turn)) }
    }

    /// Runs `publish` for the upload that is there in full.
    func finish(
        turn: Int, clock: () -> Instant,
        _ publish: (Exchange.Upload) async throws -> Exchange.Recorded<IngestReport>
    ) async throws -> Exchange.Recorded<IngestReport> {
        try await lock.holding(0) {
            let outcome = try await publish(try upload(in: turn))
            // It may have taken long: whoever lost the answer has as much time as if it had not.
            state.withLock { ($0.outcome, $0.upload, $0.touchedAt) = (outcome, nil, clock()) }
            return outcome
        }
    }

    /// Forgets what came, if it was not published.
    func abort() async {
        await lock.holding(0) {
            let upload = state.withLock { state in
                state.turn += 1
                return state.upload.take()
            }
            await upload?.abort()
        }
    }

    var isPublished: Bool { state.withLock { $0.outcome != nil } }

    /// Whether nobody sends.
    var isIdle: Bool { state.withLock { $0.senders == 0 } }

    /// Since when nobody has asked or sent.
    var touchedAt: Instant { state.withLock { $0.touchedAt } }

    private func upload(in turn: Int) throws(ClientFault) -> Exchange.Upload {
        let (current, upload) = state.withLock { ($0.turn, $0.upload) }
        guard let upload else { throw Self.over }
        guard current == turn else {
            throw ClientFault(
                .conflict, "upload_taken_over", "another call goes on with this upload",
                remedy: "ask how far it has come, and go on from there")
        }
        return upload
    }

    private static let over = ClientFault(
        .conflict, "upload_over", "the upload is complete, or was given up", remedy: "ask what came of it")
}
