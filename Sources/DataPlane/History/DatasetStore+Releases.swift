public import Model

extension DatasetStore {
    /// The file that remembers what was released under an agreement: `{dataset}/releases/{agreement}`.
    public func releases(of agreement: AgreementID, in dataset: Slug) -> ReleaseFile {
        ReleaseFile(in: "\(directory)/\(dataset.text)", name: agreement.description, disk: disk)
    }

    /// Removes what is remembered under other agreements than these. Call it at start.
    public func sweepReleases(keeping agreements: Set<AgreementID>) throws {
        for dataset in try disk.list(directory) where Slug(dataset) != nil {
            let folder = "\(directory)/\(dataset)/\(ReleaseFile.folder)"
            for name in try disk.list(folder) {
                if let agreement = AgreementID(name), agreements.contains(agreement) { continue }
                try disk.remove("\(folder)/\(name)")
            }
        }
    }
}
