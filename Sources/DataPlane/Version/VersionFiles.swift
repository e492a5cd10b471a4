import Model

/// Writes what a version has beside its own segments, each file durable when it is done.
struct VersionFiles {
    private let folder: IngestFolder

    init(_ folder: IngestFolder) { self.folder = folder }

    /// - Parameters:
    ///   - draft: without what is known of the files that are written here.
    ///   - earlier: the version with which it shares segments, by a second name of the same files.
    /// - Returns: the manifest, which is written last.
    func write(
        _ draft: Manifest, owners: OwnerDictionary, quarantine: Quarantine?, linking earlier: StoredVersion?
    ) throws -> Manifest {
        var manifest = draft
        if let earlier { try earlier.link(manifest.segments, into: folder.temporaryPath) }
        manifest.ownerTable = try owners.write(
            to: folder.path(Manifest.ownersFile), disk: folder.disk)
        if let writer = quarantine?.writer {
            try writer.finish()
            manifest.quarantine = Manifest.File(
                sizeBytes: writer.sizeBytes, checksum: writer.checksumValue)
        }
        _ = try FileWriter.write(
            manifest.encoded, to: folder.path(Manifest.fileName), disk: folder.disk)
        return manifest
    }
}

extension StoredVersion {
    /// Removes segments' files as far as possible. Readers that have them open read on.
    func removeFiles(of segments: [Manifest.Segment]) {
        for segment in segments {
            try? disk.remove("\(directory)/\(segment.rowsFile)")
            try? disk.remove("\(directory)/\(segment.blocksFile)")
        }
    }

    /// Gives those of the segments that are this version's a name in another folder.
    func link(_ wanted: [Manifest.Segment], into target: String) throws {
        for segment in manifest.segments where wanted.contains(segment) {
            for name in [segment.rowsFile, segment.blocksFile] {
                try disk.link("\(directory)/\(name)", as: "\(target)/\(name)")
            }
        }
    }
}
