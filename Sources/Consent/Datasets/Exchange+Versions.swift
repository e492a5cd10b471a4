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
            return try await publish(report, of: dataset, by: caller)
        } catch {
            // A version that the registry does not know is nobody's: its number goes to the next upload.
            if try registry.read({ try $0.currentVersions()[dataset] }) != report.version {
                try parts.datasets.discard(dataset: dataset, version: report.version)
            }
            throw error
        }
    }

    private func publish(
        _ report: IngestReport, of dataset: Slug, by caller: Caller
    ) async throws -> Recorded<IngestReport> {
        try await turnstile(of: dataset).alone {
            let version = try await Offload.run {
                try self.parts.datasets.open(dataset: dataset, version: report.version)
            }
            let gates = self.gates.gates(ofDataset: dataset)
            var rebuilds: [Rebuild] = []
            let recorded: Recorded<IngestReport>
            do {
                recorded = try await self.widen { writer, now in
                    for gate in gates {
                        rebuilds.append(gate.beginRebuild())
                        try writer.raiseEpoch(of: gate.agreement.id, to: rebuilds[rebuilds.count - 1].epoch)
                    }
                    return (report, try self.record(report, of: dataset, writer, by: caller, at: now))
                }
            } catch {
                for (gate, rebuild) in zip(gates, rebuilds) { gate.abandon(rebuild) }
                throw error
            }
            let replaced = self.versions.replace(dataset, with: version)
            for (gate, rebuild) in zip(gates, rebuilds) {
                try await self.rebuild(gate, for: version, rebuild)
            }
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
