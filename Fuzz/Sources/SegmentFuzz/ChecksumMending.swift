import Model

@testable import DataPlane

/// Makes sizes and checksums of a version's files right, whatever else they say.
struct ChecksumMending {
    private static let entryBytes = 24

    /// Whether the manifest is the input's: else what it counts is made right too.
    let hasManifest: Bool

    /// - Parameter files: manifest, owners, and of two segments blocks and rows.
    func mend(_ files: inout [[UInt8]]) {
        if hasManifest, let json = try? JSON.parse(files[0]) {
            files[0] = Manifest.sealed(json["manifest"] ?? json)
        }
        guard var manifest = Manifest(files[0]) else { return }
        for (segment, place) in zip(manifest.segments.indices, [2, 4]) {
            mend(&files[place], of: files[place + 1], fieldCount: manifest.fields.count)
            manifest.segments[segment].rowsBytes = files[place + 1].count
            manifest.segments[segment].blocks = file(files[place])
            if !hasManifest { manifest.segments[segment].rows = sum(files[place], offset: 4, stride: 24) }
        }
        manifest.ownerTable = file(files[1])
        if !hasManifest { count(files[1], in: &manifest) }
        files[0] = manifest.encoded
    }

    private func file(_ content: [UInt8]) -> Manifest.File {
        Manifest.File(sizeBytes: content.count, checksum: Checksum.of(content))
    }

    /// Writes the checksum of each block into its entry of the table.
    private func mend(_ table: inout [UInt8], of rows: [UInt8], fieldCount: Int) {
        var start = 0
        for entry in stride(from: 0, through: table.count - Self.entryBytes, by: Self.entryBytes) {
            let numbers = [0, 4, 8].map { table.span.load32(entry + $0) }
            let layout = BlockLayout(
                fieldCount: fieldCount, textBytes: numbers[0], rows: numbers[1], runs: numbers[2])
            guard start + layout.sizeBytes <= rows.count else { return }
            var checksum: [UInt8] = []
            checksum.append32(Int(Checksum.of(Array(rows[start..<start + layout.sizeBytes]))))
            table.replaceSubrange(entry + 20..<entry + 24, with: checksum)
            start += layout.sizeBytes
        }
    }

    private func count(_ owners: [UInt8], in manifest: inout Manifest) {
        manifest.rows = manifest.segments.reduce(0) { $0 + $1.rows }
        guard owners.count >= 24 else { return }
        let ordinals = owners.span.load32(0)
        manifest.ordinals = ordinals
        guard owners.count >= 24 + 12 * ordinals else { return }
        let owned = (0..<ordinals).reduce(0) { $0 + owners.span.load32(24 + 8 * ordinals + 4 * $1) }
        if manifest.ownerRule != .open { manifest.ownerlessRows = max(0, manifest.rows - owned) }
    }

    private func sum(_ content: [UInt8], offset: Int, stride step: Int) -> Int {
        stride(from: offset, through: content.count - 4, by: step).reduce(0) { $0 + content.span.load32($1) }
    }
}
