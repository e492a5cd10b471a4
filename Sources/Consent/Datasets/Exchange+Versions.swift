internal import AuditLog
public import DataPlane
public import Model
internal import Registry
internal import Synchronization

extension Exchange {
    /// A running ingest of one dataset; at most one a dataset at a time.
    public final class Upload: Sendable {
        public let dataset: Dataset
        private let ingest: Mutex<Ingest>

        init(_ dataset: Dataset, _ ingest: sending Ingest) {
            self.dataset = dataset
            self.ingest = Mutex(ingest)
        }

        /// Takes the next bytes of the file, in order.
        public func consume(_ bytes: [UInt8]) throws { try ingest.withLock { try $0.consume(bytes) } }

        /// Forgets all that came; nothing was published.
        public func abort() { ingest.withLock { $0.abort() } }

        /// Sorts and writes what came: as long a work as the file is large.
        func finish() async throws -> IngestReport {
            try await Offload.run { try self.ingest.withLock { try $0.finish() } }
        }
    }

    /// Begins a new version of a dataset, in place of the one before.
    public func beginUpload(_ id: Slug, badLines: IngestShape.BadLinePolicy, by caller: Caller) throws
        -> Upload
    {
        try settleDoubt(of: id)
        let (dataset, version) = try registry.read { reader in
            (try self.ownDataset(id, of: caller, reader), try reader.nextVersion(of: id))
        }
        let shape = IngestShape(
            ownerRule: OwnerRuleShape(dataset.ownerRule), nullValues: dataset.nullValues,
            fields: dataset.fields,
            badLines: badLines)
        return Upload(
            dataset, try parts.datasets.beginIngest(dataset: id, version: version, shape: shape))
    }

    /// Publishes what was uploaded: readers get the new version from the moment this returns, or a little
    /// before.
    public func publish(_ upload: Upload, by caller: Caller) async throws -> Recorded<IngestReport> {
        let report = try await upload.finish()
        let dataset = upload.dataset.id
        do {
            try parts.log.requireWritable()
            return try await publish(report, of: dataset, by: caller)
        } catch {
            // A version that the registry does not know is nobody's: its number goes to the next upload.
            // Of a commit that failed nobody can say that yet.
            if error is ClientFault || !isLogWritable {
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
    private func settleDoubt(of dataset: Slug) throws {
        guard let version = versions.doubtful(dataset) else { return }
        try registry.write(at: now) { try $0.raiseLiveEpochs(by: 1) }
        try discardUnlessKnown(dataset, version)
        versions.doubt(dataset, nil)
    }

    private func publish(
        _ report: IngestReport, of dataset: Slug, by caller: Caller
    ) async throws -> Recorded<IngestReport> {
        try await turnstile(of: dataset).alone {
            let version = try await Offload.run {
                try self.parts.datasets.open(dataset: dataset, version: report.version)
            }
            let rebuilds = self.gates.gates(ofDataset: dataset).map { ($0, $0.beginRebuild()) }
            let recorded: Recorded<IngestReport>
            do {
                recorded = try await self.widen { writer, now in
                    for (gate, rebuild) in rebuilds {
                        try writer.raiseEpoch(of: gate.agreement.id, to: rebuild.epoch)
                    }
                    return (report, try self.record(report, of: dataset, writer, by: caller, at: now))
                }
            } catch {
                for (gate, rebuild) in rebuilds { gate.abandon(rebuild) }
                throw error
            }
            let replaced = self.versions.replace(dataset, with: version)
            try await self.rebuild(rebuilds, for: version)
            // Streams that still read the version before have its file open.
            if let replaced { try? self.parts.datasets.discard(dataset: dataset, version: replaced.number) }
            return recorded
        }
    }

    private func record(
        _ report: IngestReport, of dataset: Slug, _ writer: RegistryWriter, by caller: Caller,
        at now: Instant
    ) throws -> Int64 {
        try writer.publish(
            DatasetVersion(
                dataset: dataset, version: report.version, rows: report.rows, owners: report.owners,
                ownerlessRows: report.ownerlessRows, sizeBytes: report.sizeBytes, publishedAt: now))
        return try writer.record(
            AuditEvent(
                .datasetVersioned, by: caller.actor,
                [
                    "dataset": .string(dataset.text), "version": .integer(Int64(report.version)),
                    "rows": .integer(Int64(report.rows)),
                    "ownerless_rows": .integer(Int64(report.ownerlessRows)),
                    "bad_lines": .integer(Int64(report.badLineCount)),
                ]))
    }
}
