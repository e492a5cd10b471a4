public import DataPlane
public import Model
internal import Registry
internal import Synchronization

extension Exchange {
    /// How long an upload waits for whoever goes on with it: so long it takes memory and room on the disk.
    public static let uploadPatienceSeconds: Int64 = 900
    /// How long the hub remembers what came of one: longer than clients wait for an answer that was lost.
    public static let uploadMemorySeconds: Int64 = 7200

    /// Begins an upload that can be gone on with when it breaks off. One of the same dataset that nobody
    /// sends any more is given up for it.
    public func startUpload(
        _ id: Slug, _ mode: UploadMode, badLines: IngestShape.BadLinePolicy, format: FileFormat,
        coding: ContentCoding, by caller: Caller
    ) async throws -> PendingUpload {
        let upload = try await beginUpload(
            id, mode, badLines: badLines, format: format, coding: coding, by: caller)
        let now = self.now
        let pending = PendingUpload(
            newID(at: now), upload, badLines: badLines, format: format, coding: coding, at: now)
        uploads.withLock { $0[pending.id] = pending }
        return pending
    }

    /// An upload of the caller's organisation.
    public func pendingUpload(_ id: UploadID, by caller: Caller) throws(ClientFault) -> PendingUpload {
        guard let pending = uploads.withLock({ $0[id] }),
            caller.acts(as: .provider, for: pending.provider)
        else {
            throw ClientFault(
                .notFound, "upload_unknown", "there is no such upload", field: "upload",
                found: id.description,
                remedy: "begin it again: the hub keeps one for 15 minutes, and none when it is started anew")
        }
        return pending
    }

    /// Those of a dataset of the caller, the newest first: at most one can be gone on with, of the others it
    /// is known what came.
    public func pendingUploads(of dataset: Slug, by caller: Caller) throws -> [PendingUpload] {
        _ = try registry.read { try self.ownDataset(dataset, of: caller, $0) }
        let found = uploads.withLock { $0.values.filter { $0.dataset == dataset } }
        return found.sorted { $0.id.description > $1.id.description }
    }

    /// Publishes an upload of which all has come.
    public func publish(
        _ pending: PendingUpload, turn: Int, by caller: Caller
    ) async throws -> Recorded<IngestReport> {
        try await pending.finish(turn: turn, clock: { self.now }) { try await self.publish($0, by: caller) }
    }

    /// Refuses an upload whose fields its provider has changed, or by which agreements would lose fields that
    /// may not: it waits until he has said what should be.
    public func requireFields(of pending: PendingUpload, turn: Int) async throws {
        try await pending.look(turn: turn) { try self.requireFields(of: $0) }
    }

    /// Gives an upload up; what was published stays.
    public func end(_ pending: PendingUpload) async {
        uploads.withLock { $0[pending.id] = nil }
        await pending.abort()
    }

    /// Gives up what nobody has gone on with for long, and forgets what came of those that are complete.
    public func endIdleUploads() async {
        let now = self.now
        let stale = uploads.withLock { uploads in
            uploads.values.filter { pending in
                let seconds = pending.isPublished ? Self.uploadMemorySeconds : Self.uploadPatienceSeconds
                return pending.isIdle && now.milliseconds - pending.touchedAt.milliseconds > 1000 * seconds
            }
        }
        for pending in stale { await end(pending) }
    }

    /// Gives up an upload of the dataset that nobody sends any more.
    ///
    /// What changes rows or links of a dataset does so first: the upload holds the number of the next
    /// version, and keys that pass on, or are linked for the first time, would be nobody's in that too.
    func endIdleUploads(of dataset: Slug) async {
        let idle = uploads.withLock { uploads in
            uploads.values.filter { $0.dataset == dataset && $0.isIdle && !$0.isPublished }
        }
        for pending in idle { await end(pending) }
    }
}
