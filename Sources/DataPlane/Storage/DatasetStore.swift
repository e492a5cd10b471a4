import Glibc
public import Model

/// The hub's folder `data/`: `{dataset}/{version}/` for every version of every hosted dataset.
public struct DatasetStore: Sendable {
    private static let removedPrefix = ".removed-"

    let directory: String
    let disk: Disk
    /// Of encoded rows that become a segment.
    private let segmentBytes: Int

    /// `directory` must exist; nothing is made outside it.
    public init(directory: String) { self.init(directory: directory, disk: Disk()) }

    init(directory: String, disk: Disk, segmentBytes: Int = SegmentBuffer.maximumBytes) {
        self.directory = directory
        self.disk = disk
        self.segmentBytes = segmentBytes
    }

    /// Starts to take a file as `version`, from 1.
    /// - Parameters:
    ///   - base: the version to whose rows those of the file are added, of the same fields and owner rule;
    ///     nil to put them in place of all before.
    ///   - renewed: keys that passed to other owners since the base: rows that are added do not belong to
    ///     those who owned them before.
    /// - Throws: `ClientFault` of kind conflict if the version exists or is being uploaded; `RetryableFault`
    ///   for a full disk; `DataPlaneError`.
    public func beginIngest(
        dataset: Slug, version: Int, shape: IngestShape, onto base: StoredVersion? = nil,
        renewed: [String] = []
    ) throws -> Ingest {
        precondition(version > 0)
        if let base {
            precondition(base.identity.dataset == dataset && base.identity.version < version)
            precondition(base.fields == shape.fields && base.ownerRule == shape.ownerRule)
        }
        let folder = try folder(of: dataset, version: version)
        return try Ingest(
            shape: shape, folder: folder, onto: base, renewed: renewed, segmentBytes: segmentBytes)
    }

    func folder(of dataset: Slug, version: Int) throws -> IngestFolder {
        try IngestFolder(store: directory, dataset: dataset, version: version, disk: disk)
    }

    /// Opens a version for reading.
    /// - Throws: `DataPlaneError`, `corrupt` if a file is not what was written.
    ///
    /// - Parameter known: a version whose segments it may share: what was checked of them, or made of them,
    ///   need not be again.
    public func open(
        dataset: Slug, version: Int, reusing known: StoredVersion? = nil
    ) throws -> StoredVersion {
        let stored = try StoredVersion(
            directory: "\(directory)/\(dataset.text)/\(version)", scratch: directory, disk: disk,
            reusing: known?.segments ?? [])
        guard stored.identity == VersionIdentity(dataset: dataset, version: version) else {
            throw DataPlaneError.corrupt(file: "\(dataset.text)/\(version)", block: nil)
        }
        return stored
    }

    /// Removes a version that nobody opens any more; its number can be used again.
    /// - Returns: whether nothing of it is left. If something is, call it again later, or `sweep` at start.
    @discardableResult
    public func discard(dataset: Slug, version: Int) throws -> Bool {
        let path = "\(directory)/\(dataset.text)"
        try remove(String(version), in: path)
        return !disk.exists("\(path)/\(Self.removedPrefix)\(version)")
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
            for entry in try disk.list(path).sorted() {
                if isLeftover(entry, keeping[dataset] ?? []) {
                    try remove(entry, in: path)
                    removed.append("\(name)/\(entry)")
                } else if Int(entry) != nil {
                    removed += try sweepFiles(of: "\(name)/\(entry)")
                }
            }
            if try disk.list(path).isEmpty { try? disk.removeDirectory(path) }
        }
        return removed
    }

    /// Removes what a merge that was cut short left in a version's folder. A version whose manifest cannot be
    /// read is left alone: opening it says so.
    private func sweepFiles(of version: String) throws -> [String] {
        let path = "\(directory)/\(version)"
        guard let file = try? OpenFile("\(path)/\(Manifest.fileName)", O_RDONLY, disk: disk),
            let content = try? file.readAll(limitBytes: 1 << 28), let manifest = Manifest(content)
        else { return [] }
        let known = manifest.fileNames
        var removed: [String] = []
        for name in try disk.list(path).sorted() where !known.contains(name) {
            guard name == VersionMerge.manifestDraft || Manifest.isSegmentFile(name) else { continue }
            try disk.remove("\(path)/\(name)")
            removed.append("\(version)/\(name)")
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
            // An earlier removal may have come so far.
            if disk.exists(target) || !disk.exists(hidden) {
                disk.removeTree(hidden)
                try disk.rename(target, to: hidden)
            }
            target = hidden
        }
        disk.removeTree(target)
    }
}
