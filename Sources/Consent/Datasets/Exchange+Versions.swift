public import DataPlane
public import Model
internal import Registry

extension Exchange {
    /// A running ingest of one dataset; at most one a dataset at a time.
    public struct Upload {
        public let dataset: Dataset
        let ingest: Ingest

        /// Takes the next bytes of the file, in order.
        public func consume(_ bytes: [UInt8]) throws { try ingest.consume(bytes) }

        /// Forgets all that came; nothing was published.
        public func abort() { ingest.abort() }
    }

    /// Begins a new version of a dataset, in place of the one before.
    public func beginUpload(_ id: Slug, badLines: IngestShape.BadLinePolicy, by caller: Caller) throws
        -> Upload
    {
        let (dataset, version) = try registry.read { reader in
            let dataset = try reader.requireDataset(id)
            guard caller.acts(as: .provider, for: dataset.provider) else {
                throw ClientFault(
                    .notFound, "dataset_unknown", "you have no dataset `\(id)`", field: "dataset",
                    found: id.text)
            }
            return (dataset, try reader.nextVersion(of: id))
        }
        let shape = IngestShape(
            ownerRule: OwnerRuleShape(dataset.ownerRule), nullValues: dataset.nullValues,
            fields: dataset.fields,
            badLines: badLines)
        return Upload(
            dataset: dataset,
            ingest: try parts.datasets.beginIngest(dataset: id, version: version, shape: shape))
    }

    /// Publishes what was uploaded: readers get the new version from the moment this returns, or a little
    /// before.
    public func publish(_ upload: Upload, by caller: Caller) async throws -> Recorded<IngestReport> {
        let report = try upload.ingest.finish()
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
            let version = try self.parts.datasets.open(dataset: dataset, version: report.version)
            let recorded = try await self.widen { writer, now in
                try writer.publish(
                    DatasetVersion(
                        dataset: dataset, version: report.version, rows: report.rows, owners: report.owners,
                        ownerlessRows: report.ownerlessRows, sizeBytes: report.sizeBytes, publishedAt: now))
                let event = AuditEvent(
                    .datasetVersioned, by: caller.actor,
                    [
                        "dataset": .string(dataset.text), "version": .integer(Int64(report.version)),
                        "rows": .integer(Int64(report.rows)),
                        "ownerless_rows": .integer(Int64(report.ownerlessRows)),
                        "bad_lines": .integer(Int64(report.badLineCount)),
                    ])
                return (report, try writer.record(event))
            }
            self.versions.replace(dataset, with: version)
            for gate in self.gates.gates(ofDataset: dataset) { try self.rebuild(gate, for: version) }
            return recorded
        }
    }
}
