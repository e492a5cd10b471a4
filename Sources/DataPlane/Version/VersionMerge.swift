import Glibc
import Model

/// Makes segments of a published version one, in its folder.
///
/// The rows, their owners and their ordinals stay what they are, so filters and grants do too. Up to the
/// moment at which the new manifest takes the place of the old one the version is what it was, and from then
/// on it is whole again; files that neither names are removed by the next sweep.
struct VersionMerge {
    static let manifestDraft = ".manifest"

    let version: StoredVersion
    /// Of its segments.
    let range: Range<Int>

    /// - Returns: false if these cannot be one.
    func run() throws -> Bool {
        let (directory, disk) = (version.directory, version.disk)
        let merge = SegmentMerge(segments: Array(version.segments[range]), excluded: [])
        guard merge.isPossible else { return false }
        var manifest = version.manifest
        let number = manifest.nextSegment
        let draft = "\(directory)/\(Self.manifestDraft)"
        // What an earlier merge left is the next sweep's.
        guard !disk.exists("\(directory)/\(Manifest.Segment.rowsFile(manifest.version, number))") else {
            return false
        }
        do {
            let merged = try merge.write(number, of: manifest, in: directory, disk: disk)
            manifest.segments.replaceSubrange(range, with: [merged])
            _ = try FileWriter.write(manifest.encoded, to: draft, disk: disk)
            try disk.syncDirectory(directory)
            try disk.rename(draft, to: "\(directory)/\(Manifest.fileName)")
        } catch {
            removeDraft(number, unlessPublished: manifest)
            throw error
        }
        try disk.syncDirectory(directory)
        return true
    }
}

extension VersionMerge {
    /// Removes what a failed merge wrote. A rename that failed may have been done all the same: what the
    /// manifest on the disk names stays, and where it cannot be read all does, for the next sweep.
    private func removeDraft(_ number: Int, unlessPublished manifest: Manifest) {
        let (directory, disk) = (version.directory, version.disk)
        let file = try? OpenFile("\(directory)/\(Manifest.fileName)", O_RDONLY, disk: disk)
        guard let content = try? file?.readAll(limitBytes: 1 << 28), content != manifest.encoded else {
            return
        }
        let rows = Manifest.Segment.rowsFile(manifest.version, number)
        let blocks = Manifest.Segment.blocksFile(manifest.version, number)
        for name in [rows, blocks, Self.manifestDraft] { try? disk.remove("\(directory)/\(name)") }
    }
}

extension DatasetStore {
    /// Makes segments of a published version one where that helps its readers; nothing that it holds changes.
    ///
    /// The caller lets nothing else change the version meanwhile, or be built on it.
    /// - Returns: the version as it is now, for reads that begin from now on; nil if nothing was to be done.
    /// - Throws: `RetryableFault` for a full disk; `DataPlaneError`.
    public func merge(_ version: StoredVersion) throws -> StoredVersion? {
        guard let range = MergePlan.range(rows: version.segments.map(\.manifest.rows)),
            try VersionMerge(version: version, range: range).run()
        else { return nil }
        // Opened first: should that fail, the old files are there to go on with.
        let merged = try open(
            dataset: version.identity.dataset, version: version.identity.version, reusing: version)
        version.removeFiles(of: version.manifest.segments.filter { !merged.manifest.segments.contains($0) })
        return merged
    }

    /// Makes a version from the one before without the rows of an owner key (GDPR article 17).
    /// - Throws: `ClientFault` `unknown_owner_key` if it has none, and as `beginIngest`.
    public func delete(
        ownerKey: String, from base: StoredVersion, as version: Int
    ) throws -> IngestReport {
        let ordinals = base.ordinals(of: ownerKey)
        guard case .column = base.ownerRule, !ordinals.isEmpty else {
            throw ClientFault(
                .notFound, "unknown_owner_key", "the dataset has no rows of this owner key",
                field: "owner_key", found: ownerKey, remedy: "name a key as it stands in the owner column")
        }
        let folder = try self.folder(of: base.identity.dataset, version: version)
        do {
            let deletion = OwnerDeletion(base: base, ordinals: Set(ordinals))
            return IngestReport(try deletion.write(to: folder), BadLineReport())
        } catch {
            folder.discard()
            throw error
        }
    }
}
