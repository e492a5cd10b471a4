import Model

/// A version without the rows of some ordinals, made from the one before.
///
/// Segments in which they have rows are written anew without them, so that nothing of them is left once the
/// version before is removed; the others are shared.
struct OwnerDeletion {
    let base: StoredVersion
    let ordinals: Set<UInt32>

    /// - Returns: the manifest of the new version, which is published.
    func write(to folder: IngestFolder) throws -> Manifest {
        var manifest = base.manifest
        manifest.version = folder.version
        manifest.segments = []
        manifest.badLineCount = 0
        manifest.quarantine = nil
        var number = 0
        for segment in base.segments {
            guard try segment.holdsRows(of: ordinals) else {
                manifest.segments.append(segment.manifest)
                continue
            }
            let rest = try SegmentMerge(segments: [segment], excluded: ordinals).write(
                number, of: manifest, in: folder.temporaryPath, disk: folder.disk)
            manifest.segments.append(rest)
            number += 1
        }
        let owners = try base.owners.dictionary().forgetting(ordinals)
        manifest.rows = manifest.segments.reduce(0) { $0 + $1.rows }
        manifest.owners = owners.owners
        manifest = try VersionFiles(folder).write(manifest, owners: owners, quarantine: nil, linking: base)
        try folder.publish()
        return manifest
    }
}
