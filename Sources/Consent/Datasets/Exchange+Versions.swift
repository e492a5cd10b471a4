internal import AuditLog
public import DataPlane
public import Model
internal import Registry
internal import Synchronization

extension Exchange {
    /// A running ingest of one dataset; at most one a dataset at a time.
    public final class Upload: Sendable {
        public let dataset: Dataset
        let mode: UploadMode
        /// How the dataset's fields change with it; nil if they do not.
        let change: FieldChange?
        private let ingest: Mutex<Ingest>
        private let mark: UploadMark

        init(
            _ dataset: Dataset, _ mode: UploadMode, _ change: FieldChange?, _ ingest: sending Ingest,
            _ mark: UploadMark
        ) {
            self.dataset = dataset
            self.mode = mode
            self.change = change
            self.mark = mark
            self.ingest = Mutex(ingest)
        }

        /// Takes the next bytes of the file, in order.
        public func consume(_ bytes: [UInt8]) throws { try ingest.withLock { try $0.consume(bytes) } }

        /// The same, away from the caller's thread: a few packed bytes may be long work.
        public func receive(_ bytes: [UInt8]) async throws {
            try await Offload.run { try self.consume(bytes) }
        }

        /// Forgets all that came; nothing was published. It waits for what is being written.
        public func abort() async {
            try? await Offload.run { self.ingest.withLock { $0.abort() } }
        }

        /// Sorts and writes what came: as long a work as the file is large.
        ///
        /// - Parameter base: the version to which it adds, as it lies on the disk now.
        func finish(onto base: StoredVersion?) async throws -> IngestReport {
            try await Offload.run { try self.ingest.withLock { try $0.finish(onto: base) } }
        }
    }

    /// What an upload does with the rows that are there.
    public enum UploadMode: String, Sendable {
        case replaces, adds
    }

    /// Begins a new version of a dataset: in place of the one before, or with more rows than it.
    ///
    /// - Parameters:
    ///   - format: how the rows of the file are written.
    ///   - coding: how the file is packed.
    public func beginUpload(
        _ id: Slug, _ mode: UploadMode, badLines: IngestShape.BadLinePolicy, format: FileFormat = .csv,
        coding: ContentCoding = .identity, by caller: Caller
    ) async throws -> Upload {
        _ = try registry.read { try self.ownDataset(id, of: caller, $0) }
        await endIdleUploads(of: id)
        // No other version is on its way from the registry to the readers meanwhile.
        return try await versions.files.holding(id) {
            try await Offload.run {
                try self.settleDoubt(of: id)
                return try self.begin(id, mode, badLines, format, coding, by: caller)
            }
        }
    }

    private func begin(
        _ id: Slug, _ mode: UploadMode, _ badLines: IngestShape.BadLinePolicy, _ format: FileFormat,
        _ coding: ContentCoding, by caller: Caller
    ) throws -> Upload {
        let (dataset, version, passed, change) = try registry.read { reader in
            let dataset = try self.ownDataset(id, of: caller, reader)
            try Self.requireHosted(dataset)
            let passed = mode == .adds ? try self.passedKeys(of: id, reader) : []
            // What is added has the fields of what is there.
            let change = mode == .replaces ? try reader.fieldChange(of: id) : nil
            return (dataset, try reader.nextVersion(of: id), passed, change)
        }
        let shape = IngestShape(
            ownerRule: OwnerRuleShape(dataset.ownerRule), nullValues: dataset.nullValues,
            fields: change?.fields ?? dataset.fields, badLines: badLines, format: format, coding: coding)
        let base = mode == .adds ? try currentBase(of: id, under: version) : nil
        let renewed = passed.filter { key, since in
            base.flatMap { base in base.ordinals(of: key).first.map { base.since($0) < since } } ?? false
        }
        return Upload(
            dataset, mode, change,
            try parts.datasets.beginIngest(
                dataset: id, version: version, shape: shape, onto: base, renewed: renewed.map(\.key)),
            versions.mark(id, version))
    }

    /// The version that readers have, if it is the last one that was recorded; nil if there is none.
    private func currentBase(of dataset: Slug, under next: Int) throws -> StoredVersion? {
        let current = versions.current(of: dataset)
        guard (current?.number ?? 0) + 1 == next else {
            throw RetryableFault(
                "version_pending", "the last version of the dataset is not in effect yet",
                cause: "registry and readers have different versions of \(dataset)")
        }
        return current
    }

    /// Keys that passed to another owner, each with the version from which on its rows are his. Keys are
    /// bytes: two that Swift takes for equal may both be there.
    ///
    /// One that passes while rows are uploaded is not here: it passes behind the version that is uploaded, of
    /// which nobody gets its rows.
    private func passedKeys(
        of dataset: Slug, _ reader: RegistryReader
    ) throws -> [(key: String, since: Int)] {
        var passed: [(key: String, since: Int)] = []
        try reader.forEachLink(of: dataset) { link in
            guard link.sinceVersion > 1 else { return }
            // One key may be divided into several links.
            if passed.last?.key.utf8.elementsEqual(link.ownerKey.utf8) == true {
                passed[passed.count - 1].since = max(passed[passed.count - 1].since, link.sinceVersion)
            } else {
                passed.append((link.ownerKey, link.sinceVersion))
            }
        }
        return passed
    }

    /// Publishes what was uploaded: readers get the new version from the moment this returns, or a little
    /// before.
    public func publish(_ upload: Upload, by caller: Caller) async throws -> Recorded<IngestReport> {
        let dataset = upload.dataset.id
        // Before the work of sorting, not only behind it.
        try parts.log.requireWritable()
        // The file may have been hours on its way.
        try registry.read { try self.requireStanding(caller, $0) }
        try requireFields(of: upload)
        // What is added to is linked to by its files' names, which a merge changes.
        let recorded = try await versions.files.holding(dataset) {
            let base = upload.mode == .adds ? versions.current(of: dataset) : nil
            return try await publish(
                try await upload.finish(onto: base), of: dataset, changing: upload.change,
                by: caller.actor, for: caller)
        }
        mergeSoon(dataset)
        return recorded
    }

    /// A new version without the rows of one owner key: they are then in no file of the hub.
    public func deleteRows(
        of ownerKey: String, in id: Slug, by caller: Caller
    ) async throws -> Recorded<IngestReport> {
        _ = try registry.read { try self.ownDataset(id, of: caller, $0) }
        await endIdleUploads(of: id)
        return try await versions.files.holding(id) {
            try settleDoubt(of: id)
            let version = try registry.read { reader in
                try Self.requireHosted(try self.ownDataset(id, of: caller, reader))
                return try reader.nextVersion(of: id)
            }
            guard let base = try currentBase(of: id, under: version) else {
                throw ClientFault(
                    .notFound, "no_data", "the dataset has no data yet", field: "dataset", found: id.text,
                    remedy: "publish it first")
            }
            let report = try await Offload.run {
                try self.parts.datasets.delete(ownerKey: ownerKey, from: base, as: version)
            }
            do {
                let recorded = try await publish(report, of: id, by: caller.actor)
                try await self.stopStreams(of: ownerKey, in: id)
                return recorded
            } catch {
                // It may be recorded all the same: then nothing of it may flow.
                let recorded = try? registry.read { try $0.currentVersions()[id] }
                if recorded == version || versions.current(of: id)?.number == version {
                    try? await self.stopStreams(of: ownerKey, in: id)
                }
                throw error
            }
        }
    }

    /// Takes the rows of a key out of what still flows from versions before.
    private func stopStreams(of ownerKey: String, in dataset: Slug) async throws {
        let gates = gates.gates(ofDataset: dataset)
        let all = Restriction(holding: Holding(ownerKey))
        for gate in gates { gate.settle(gate.narrow(nil, [all])) }
        try await Offload.run { for gate in gates { gate.waitForBlockBorders() } }
    }

    /// Puts segments of the current version together where that makes reading faster, when the files of the
    /// dataset are free. What keeps it from that, as a disk that is short of room, keeps nobody else from
    /// anything: the next one does it.
    func mergeSoon(_ dataset: Slug) {
        Task {
            try? await self.versions.files.holding(dataset) {
                try await Offload.run { self.removeReplaced(of: dataset) }
                guard let version = self.versions.current(of: dataset), let plan = version.pendingMerge,
                    self.parts.log.hasRoom(forBytes: plan.sizeBytes)
                else { return }
                let merged = try await Offload.run { try self.parts.datasets.merge(version) }
                guard let merged else { return }
                self.versions.move(dataset, to: merged)
                for gate in self.gates.gates(ofDataset: dataset) { gate.move(to: merged) }
            }
        }
    }

    /// - Parameters:
    ///   - upstream: where the rows of a connected dataset are from now on; nil if that is no news.
    ///   - change: the change of fields that waits, if the version has those.
    ///   - caller: who adds something by it; nil for the hub, and for whoever takes away.
    func publish(
        _ report: IngestReport, of dataset: Slug, at upstream: Upstream? = nil,
        changing change: FieldChange? = nil, by actor: Actor, for caller: Caller? = nil
    ) async throws -> Recorded<IngestReport> {
        do {
            try parts.log.requireWritable()
            return try await putInPlace(
                report, of: dataset, at: upstream, changing: change, by: actor, for: caller)
        } catch {
            // A version that the registry does not know is nobody's: its number goes to the next upload.
            // Of a commit that failed nobody can say that yet.
            if error is ClientFault || error is BrokenAgreementsFault || !isLogWritable {
                try discardUnlessKnown(dataset, report.version)
            } else {
                versions.doubt(dataset, report.version)
            }
            throw error
        }
    }

    private func discardUnlessKnown(_ dataset: Slug, _ version: Int) throws {
        guard try registry.read({ try $0.currentVersions()[dataset] }) != version else { return }
        try parts.datasets.discard(dataset: dataset, version: version)
    }

    /// Discards the version of a commit that failed. Once another commit succeeded, that one surely did not:
    /// before, a crash might have found it on the disk.
    func settleDoubt(of dataset: Slug) throws {
        guard let version = versions.doubtful(dataset) else { return }
        try registry.write(at: now) { try $0.raiseLiveEpochs(by: 1) }
        try discardUnlessKnown(dataset, version)
        versions.doubt(dataset, nil)
    }

    private func putInPlace(
        _ report: IngestReport, of dataset: Slug, at upstream: Upstream?, changing change: FieldChange?,
        by actor: Actor, for caller: Caller?
    ) async throws -> Recorded<IngestReport> {
        try await turnstile(of: dataset).alone {
            let isConnected = upstream != nil || versions.isConnected(dataset)
            let version = try await Offload.run {
                let version = try self.parts.datasets.open(
                    dataset: dataset, version: report.version,
                    reusing: self.versions.current(of: dataset))
                if isConnected { _ = try version.connectedOwners() }
                return version
            }
            let rebuilds = self.gates.gates(ofDataset: dataset).map { ($0, $0.beginRebuild()) }
            let recorded: Recorded<IngestReport>
            do {
                recorded = try await self.widen(by: caller) { writer, now in
                    for (gate, rebuild) in rebuilds {
                        try writer.raiseEpoch(of: gate.agreement.id, to: rebuild.epoch)
                    }
                    if let upstream { try writer.setUpstream(upstream, of: dataset) }
                    let event = try self.record(
                        report, of: dataset, changing: change, writer, by: actor, at: now)
                    return (report, event)
                }
            } catch {
                for (gate, rebuild) in rebuilds { gate.abandon(rebuild) }
                throw error
            }
            if let upstream {
                // Whoever may publish there may read there: that was asked before.
                self.versions.connect(
                    dataset, .init(version: version.number, upstream: upstream, isAllowed: true))
            }
            let replaced = self.versions.replace(dataset, with: version)
            // Streams that still read the version before have its file open.
            if let replaced {
                self.versions.leave(dataset, replaced.number)
                try? await Offload.run { self.removeReplaced(of: dataset) }
            }
            try await self.rebuild(rebuilds, forDivided: version)
            return recorded
        }
    }

    /// Removes versions that were replaced; what cannot be removed now is tried again.
    private func removeReplaced(of dataset: Slug) {
        for version in versions.left(of: dataset) {
            guard (try? parts.datasets.discard(dataset: dataset, version: version)) == true else { continue }
            versions.forget(dataset, version)
        }
    }

    /// Tries again to remove what a replaced version left on the disk: it may hold rows that were deleted.
    public func removeReplacedVersions() async {
        for dataset in versions.datasetsWithLeft {
            await versions.files.holding(dataset) {
                _ = try? await Offload.run { self.removeReplaced(of: dataset) }
            }
        }
    }

    private func record(
        _ report: IngestReport, of dataset: Slug, changing change: FieldChange?, _ writer: RegistryWriter,
        by actor: Actor, at now: Instant
    ) throws -> Int64 {
        let plan = try change.map { try self.apply($0, to: dataset, writer, at: now) }
        // Nobody counts the rows of a connected dataset: they are read anew each time.
        let isHosted = try writer.dataset(dataset)?.upstream == nil
        try writer.publish(
            DatasetVersion(
                dataset: dataset, version: report.version, rows: report.rows, owners: report.owners,
                ownerlessRows: report.ownerlessRows, sizeBytes: report.sizeBytes, publishedAt: now))
        return try writer.record(
            AuditEvent(
                .datasetVersioned, by: actor,
                [
                    "dataset": .string(dataset.text), "version": .integer(Int64(report.version)),
                    "rows": isHosted ? .integer(Int64(report.rows)) : .null,
                    "ownerless_rows": isHosted ? .integer(Int64(report.ownerlessRows)) : .null,
                    "bad_lines": .integer(Int64(report.badLineCount)),
                    "fields": plan?.logged ?? .null,
                    "breaks": (plan ?? FieldPlan(dataset: dataset, fields: [])).loggedBreaks,
                ]))
    }
}
