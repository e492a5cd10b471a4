public import DataPlane
public import Model
internal import Registry

/// Datasets whose rows stay at their provider. The hub has the owner keys that are somebody's, in a version
/// without rows: gates, filters and epochs are those of hosted datasets.
///
/// Rows of a connected dataset do not say when they came. They count as published with the base, and belong
/// to whoever the keys are linked to then; a key that passes to another owner later, or that is linked for
/// the first time after a person was erased, is nobody's until the provider publishes the rows as new.
extension Exchange {
    /// Publishes where the rows of a dataset are, as its next version.
    ///
    /// - Parameter asNew: whether the rows there are others than before, so that those of keys that passed
    ///   on since are the new owners'. Another address or token alone says nothing of that.
    /// - Throws: `ClientFault` for a dataset that is hosted or has a time column, and for an origin that the
    ///   operator has not allowed.
    public func connect(
        _ id: Slug, to upstream: Upstream, asNew: Bool, by caller: Caller
    ) async throws -> Recorded<IngestReport> {
        _ = try registry.read { try self.ownDataset(id, of: caller, $0) }
        await endIdleUploads(of: id)
        return try await versions.files.holding(id) {
            try await Offload.run { try self.settleDoubt(of: id) }
            let (dataset, version, change) = try registry.read { reader in
                var dataset = try self.ownDataset(id, of: caller, reader)
                let change = try reader.fieldChange(of: id)
                if let change { dataset.fields = change.fields }
                return (dataset, try reader.nextVersion(of: id), change)
            }
            try Self.requireConnectable(dataset)
            guard isAllowed(upstream, for: dataset) else {
                throw ClientFault(
                    .forbidden, "upstream_not_allowed", "the hub does not read your datasets at this origin",
                    field: "url", found: upstream.origin,
                    remedy: "ask the operator for `\(dataset.provider)=\(upstream.origin)` in"
                        + " `upstream.origins`")
            }
            // A key that passes on from here does so behind this version.
            let mark = versions.mark(id, version)
            defer { withExtendedLifetime(mark) {} }
            let base = asNew ? nil : versions.current(of: id)?.base
            let report = try await Offload.run {
                try self.directory(of: dataset, at: upstream, version: version, base: base ?? version)
            }
            return try await publish(
                report, of: id, at: upstream, changing: change, by: caller.actor, for: caller)
        }
    }

    /// Brings the owner keys of a connected dataset in line with its links; does nothing for a hosted one.
    ///
    /// Until that is done nothing more is released than before: a key that is not there is nobody's.
    func renewKeys(of id: Slug) async throws {
        guard let upstream = versions.connection(of: id)?.upstream else { return }
        try await versions.files.holding(id) {
            try await Offload.run { try self.settleDoubt(of: id) }
            guard let current = versions.current(of: id) else { return }
            let report = try await Offload.run { () -> IngestReport? in
                let (dataset, version) = try self.registry.read {
                    (try $0.requireDataset(id), try $0.nextVersion(of: id))
                }
                guard try !current.hasKeys(self.keys(of: dataset, upTo: current.base)) else { return nil }
                return try self.directory(of: dataset, at: upstream, version: version, base: current.base)
            }
            if let report { _ = try await publish(report, of: id, by: .hub) }
        }
    }

    /// The same when nobody waits for it: what keeps it from that holds back rows until it is tried again.
    func renewKeysSoon(of id: Slug) {
        Task {
            do { try await self.renewKeys(of: id) } catch {
                self.versions.noteUnrenewed(id)
            }
        }
    }

    /// Tries again what could not be done when links changed.
    public func renewKeys() {
        for dataset in versions.takeUnrenewed() { renewKeysSoon(of: dataset) }
    }

    /// Whether the operator lets the hub read there.
    func isAllowed(_ upstream: Upstream, for dataset: Dataset) -> Bool {
        parts.upstreams.contains(Upstream.Permission(dataset.provider, upstream))
    }

    private func directory(
        of dataset: Dataset, at upstream: Upstream, version: Int, base: Int
    ) throws -> IngestReport {
        let shape = ConnectedShape(
            fields: dataset.fields, ownerRule: OwnerRuleShape(dataset.ownerRule),
            nullValues: dataset.nullValues, format: upstream.format)
        return try parts.datasets.connect(
            shape, of: dataset.id, version: version, base: base, keys: keys(of: dataset, upTo: base))
    }

    /// Keys whose links cover the rows of a version.
    private func keys(of dataset: Dataset, upTo base: Int) throws -> [String] {
        guard case .column = dataset.ownerRule else { return dataset.ownerRule == .open ? [] : [""] }
        var keys: [String] = []
        try registry.read { reader in
            try reader.forEachLink(of: dataset.id) { link in
                if link.sinceVersion <= base { keys.append(link.ownerKey) }
            }
        }
        return keys
    }

    private static func requireConnectable(_ dataset: Dataset) throws(ClientFault) {
        guard dataset.upstream != nil || dataset.version == nil else {
            throw ClientFault(
                .conflict, "dataset_hosted", "the rows of this dataset are in the hub", field: "dataset",
                found: dataset.id.text, remedy: "publish what is connected under another name")
        }
        guard dataset.timeColumn == nil else {
            throw ClientFault(
                .conflict, "time_column_connected",
                "rows that stay at their provider are not told apart by their time", field: "time_column",
                found: dataset.timeColumn, remedy: "describe the dataset without a time column")
        }
    }

    /// Of a connected dataset the hub has no rows that could come or go.
    static func requireHosted(_ dataset: Dataset) throws(ClientFault) {
        guard dataset.upstream == nil else {
            throw ClientFault(
                .conflict, "dataset_connected", "the rows of this dataset stay at their provider",
                field: "dataset", found: dataset.id.text, remedy: "change them there")
        }
    }
}
