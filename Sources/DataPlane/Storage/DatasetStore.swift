public import Model

/// The hub's folder `data/`: `{dataset}/{version}/` for every version of every hosted dataset.
public struct DatasetStore: Sendable {
    private static let removedPrefix = ".removed-"

    private let directory: String
    private let disk: Disk

    /// `directory` must exist; nothing is made outside it.
    public init(directory: String) { self.init(directory: directory, disk: Disk()) }

    init(directory: String, disk: Disk) {
        self.directory = directory
        self.disk = disk
    }

    /// Starts to take a file as `version`, from 1.
    /// - Throws: `ClientFault` of kind conflict if the version exists or is being uploaded; `RetryableFault`
    ///   for a full disk; `DataPlaneError`.
    public func beginIngest(dataset: Slug, version: Int, shape: IngestShape) throws -> Ingest {
        precondition(version > 0)
        let folder = try IngestFolder(store: directory, dataset: dataset, version: version, disk: disk)
        return try Ingest(shape: shape, folder: folder)
    }

    /// Opens a version for reading.
    /// - Throws: `DataPlaneError`, `corrupt` if a file is not what was written.
    public func open(dataset: Slug, version: Int) throws -> StoredVersion {
        let stored = try StoredVersion(
            directory: "\(directory)/\(dataset.text)/\(version)", disk: disk)
        guard stored.identity == VersionIdentity(dataset: dataset, version: version) else {
            throw DataPlaneError.corrupt(file: "\(dataset.text)/\(version)", block: nil)
        }
        return stored
    }

    /// Removes a version that was never published, so that its number can be used again.
    public func discard(dataset: Slug, version: Int) throws {
        try remove(String(version), in: "\(directory)/\(dataset.text)")
    }

    /// Removes what ended ingests and removals left, and every version that is not to be kept. Call it at
    /// start, while nothing else uses the folder. Names that are not ours are left alone.
    /// - Returns: the removed folders, `{dataset}/{name}`, for the operator's log.
    @discardableResult
    public func sweep(keeping: [Slug: Set<Int>]) throws -> [String] {
        var removed: [String] = []
        for name in try disk.list(directory).sorted() {
            guard let dataset = Slug(name) else { continue }
            let path = "\(directory)/\(name)"
            for entry in try disk.list(path).sorted() where isLeftover(entry, keeping[dataset] ?? []) {
                try remove(entry, in: path)
                removed.append("\(name)/\(entry)")
            }
            if try disk.list(path).isEmpty { try? disk.removeDirectory(path) }
        }
        return removed
    }

    private func isLeftover(_ name: String, _ kept: Set<Int>) -> Bool {
        if name.hasPrefix(IngestFolder.prefix) || name.hasPrefix(Self.removedPrefix) { return true }
        guard let version = Int(name), String(version) == name else { return false }
        return !kept.contains(version)
    }

    /// A version is renamed first, so that a crash on the way never leaves half of it under its number.
    private func remove(_ name: String, in path: String) throws {
        var target = "\(path)/\(name)"
        if !name.hasPrefix(".") {
            let hidden = "\(path)/\(Self.removedPrefix)\(name)"
            disk.removeTree(hidden)
            try disk.rename(target, to: hidden)
            target = hidden
        }
        disk.removeTree(target)
    }
}
