import Model

/// Writes the files of a version, clustered by owner, each durable when it is done.
struct VersionWriter {
    let directory: String
    let disk: Disk

    struct Description {
        var dataset: Slug
        var version: Int
        var shape: IngestShape
        var fields: [Field]
        var badLineCount: Int
    }

    /// - Returns: the manifest, which is written last.
    func write(
        _ description: Description, spool: Spool, owners: OwnerDictionary, quarantine: Quarantine?
    ) throws -> Manifest {
        let clusters = Clusters(rowOwners: spool.owners, owners: owners)
        let isOpen = description.shape.ownerRule == .open
        var files: [String: Manifest.File] = [:]
        files[Manifest.ownersFile] = try writeFile(Manifest.ownersFile, clusters.table.encoded)
        let blocks = try writeRows(spool, order: clusters.order, fieldCount: description.fields.count)
        files[Manifest.rowsFile] = Manifest.File(sizeBytes: blocks.sizeBytes, checksum: nil)
        files[Manifest.blocksFile] = try writeFile(Manifest.blocksFile, blocks.encoded)
        if let writer = quarantine?.writer {
            try writer.finish()
            files[Manifest.quarantineFile] = Manifest.File(
                sizeBytes: writer.sizeBytes, checksum: writer.checksumValue)
        }
        let manifest = Manifest(
            dataset: description.dataset, version: description.version,
            ownerRule: description.shape.ownerRule, nullValues: description.shape.nullValues,
            fields: description.fields, rows: spool.rowCount, owners: clusters.table.count,
            ownerlessRows: isOpen ? 0 : spool.rowCount - clusters.table.ownedRows,
            badLineCount: description.badLineCount, files: files)
        _ = try writeFile(Manifest.fileName, manifest.encoded)
        return manifest
    }

    private func writeFile(_ name: String, _ content: [UInt8]) throws -> Manifest.File {
        let writer = try FileWriter("\(directory)/\(name)", disk: disk)
        try writer.append(content)
        try writer.finish()
        return Manifest.File(sizeBytes: writer.sizeBytes, checksum: writer.checksumValue)
    }

    private func writeRows(_ spool: Spool, order: [UInt32], fieldCount: Int) throws -> BlockTable {
        let writer = try FileWriter("\(directory)/\(Manifest.rowsFile)", disk: disk)
        var table = BlockTable(fieldCount: fieldCount)
        var builder = BlockBuilder(fieldCount: fieldCount)
        func writeBlock() throws {
            guard let block = builder.take() else { return }
            try writer.appendUnchecked(block.bytes)
            table.append(block.entry)
        }
        try spool.read(order) { record, row in
            if builder.isFull(for: record) { try writeBlock() }
            builder.append(record, row: row)
        }
        try writeBlock()
        try writer.finish()
        return table
    }
}

/// Rows in the order in which they are stored: by owner key, inside an owner as they arrived, nobody's last.
private struct Clusters {
    let table: OwnerTable
    let order: [UInt32]

    /// A counting sort, which keeps the order inside an owner.
    init(rowOwners: [UInt32], owners: OwnerDictionary) {
        let sorted = owners.sorted()
        var ranks = [UInt32](repeating: 0, count: sorted.count)
        for (rank, ordinal) in sorted.enumerated() { ranks[Int(ordinal)] = UInt32(rank) }
        // One place more for nobody; `next` is first the count, then where the owner's next row goes.
        func cluster(_ owner: UInt32) -> Int {
            owner == OwnerDictionary.nobody ? sorted.count : Int(ranks[Int(owner)])
        }
        var next = [UInt32](repeating: 0, count: sorted.count + 1)
        for owner in rowOwners { next[cluster(owner)] += 1 }
        var total: UInt32 = 0
        for index in next.indices { (next[index], total) = (total, total + next[index]) }
        var order = [UInt32](repeating: 0, count: rowOwners.count)
        for (row, owner) in rowOwners.enumerated() {
            let cluster = cluster(owner)
            order[Int(next[cluster])] = UInt32(row)
            next[cluster] += 1
        }
        self.order = order
        table = Self.table(owners, sorted: sorted, rowEnds: Array(next.dropLast()))
    }

    private static func table(
        _ owners: OwnerDictionary, sorted: [UInt32], rowEnds: [UInt32]
    ) -> OwnerTable {
        var keys: [UInt8] = []
        var keyEnds: [UInt32] = []
        for ordinal in sorted {
            keys += owners.keys[owners.range(ordinal)]
            keyEnds.append(UInt32(keys.count))
        }
        return OwnerTable(keyEnds: keyEnds, rowEnds: rowEnds, keys: keys)
    }
}
