public import DataPlane
public import Model
public import Registry

extension Exchange {
    /// A dataset as it lies in the hub.
    public struct DatasetInspection: Sendable {
        /// How many versions are listed.
        public static let maximumVersions = 100

        public var dataset: Dataset
        /// All that were published, newest first, as far as they are listed.
        public var versions: [DatasetVersion]
        /// The one that readers get; nil for a dataset without data.
        public var stored: VersionInspection?
        /// Of that version.
        public var projections: [ProjectionCache.Item]
    }

    /// What a dataset of the caller, or for the operator any dataset, is made of; reads none of its rows.
    public func inspect(_ id: Slug, by caller: Caller) async throws -> DatasetInspection {
        let (dataset, versions) = try registry.read { reader in
            (
                try self.inspectedDataset(id, of: caller, reader),
                try reader.versions(of: id, newest: DatasetInspection.maximumVersions)
            )
        }
        let version = self.versions.current(of: id)
        let stored = try await Offload.run { version?.inspection }
        return DatasetInspection(
            dataset: dataset, versions: versions, stored: stored,
            projections: version.map(projections.items) ?? [])
    }

    /// Begins to read all files of a dataset of the caller, or for the operator of any dataset, against their
    /// checksums.
    /// - Throws: `ClientFault` `no_data`, and `verification_running`: one at a time reads a dataset.
    public func verification(of id: Slug, by caller: Caller) throws -> DatasetVerification {
        _ = try registry.read { try self.inspectedDataset(id, of: caller, $0) }
        guard versions.current(of: id) != nil else {
            throw ClientFault(
                .notFound, "no_data", "the dataset has no data yet", field: "dataset", found: id.text,
                remedy: "publish it first")
        }
        guard let verification = DatasetVerification(of: id, self) else {
            throw ClientFault(
                .conflict, "verification_running", "the dataset is being verified already", field: "dataset",
                found: id.text, remedy: "wait until that has ended")
        }
        return verification
    }

    private func inspectedDataset(
        _ id: Slug, of caller: Caller, _ reader: RegistryReader
    ) throws -> Dataset {
        guard caller.capacities.contains(.operator), let dataset = try reader.dataset(id) else {
            return try ownDataset(id, of: caller, reader)
        }
        return dataset
    }
}
