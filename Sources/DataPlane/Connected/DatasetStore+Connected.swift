public import Model

extension DatasetStore {
    /// Makes a version of a connected dataset: without rows, but with the owner keys that are somebody's, so
    /// that owner filters know them as they know those of a hosted one.
    ///
    /// - Parameters:
    ///   - base: the version as which the provider published where the rows are; from it on they belong to
    ///     whoever the keys are linked to.
    ///   - keys: of a dataset with an owner column; none twice.
    /// - Throws: `ClientFault` of kind conflict if the version exists, and for more than 4 GiB of keys;
    ///   `RetryableFault` for a full disk; `DataPlaneError`.
    public func connect(
        _ shape: ConnectedShape, of dataset: Slug, version: Int, base: Int, keys: [String]
    ) throws -> IngestReport {
        precondition((1...version).contains(base))
        _ = try shape.ownerField()
        let folder = try folder(of: dataset, version: version)
        do {
            var owners = OwnerDictionary()
            switch shape.ownerRule {
            case .column:
                for key in keys { try owners.adopt(Array(key.utf8).span, since: base, rows: 0) }
            case .single: try owners.adopt([UInt8]().span, since: base, rows: 0)
            case .open: break
            }
            let draft = Manifest(
                dataset: dataset, version: version, base: base, ownerRule: shape.ownerRule,
                nullValues: shape.nullValues, fields: shape.fields, rows: 0,
                owners: shape.ownerRule == .single ? 1 : 0, ordinals: owners.count, ownerlessRows: 0,
                badLineCount: 0, nextSequence: 0, segments: [],
                ownerTable: Manifest.File(sizeBytes: 0, checksum: 0), quarantine: nil)
            let manifest = try VersionFiles(folder).write(
                draft, owners: owners, quarantine: nil, linking: nil)
            try folder.publish()
            return IngestReport(manifest, BadLineReport())
        } catch {
            folder.discard()
            throw error
        }
    }
}

extension StoredVersion {
    /// Whether it has exactly these owner keys, each once.
    public func hasKeys(_ keys: [String]) -> Bool {
        keys.count == ordinalCount && keys.allSatisfy { ordinals(of: $0).count == 1 }
    }
}
