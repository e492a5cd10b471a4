import Model

@testable import DataPlane

extension SegmentTorture {
    /// Above it nobody asks for the original order here, which takes four bytes a place on the disk.
    private static let maximumPlaces = 1 << 16

    private static let literals: [FieldType: String] = [
        .string: "'a'", .integer: "7", .decimal: "-2.5e1", .boolean: "true", .date: "'2024-02-29'",
        .datetime: "'2024-02-29T00:00:00.25Z'",
    ]

    /// Does everything that is done with a version.
    /// - Returns: how many rows were read.
    func use() throws -> Int {
        let version = try store.open(dataset: dataset, version: 2)
        try version.verify()
        let rows = try read(version)
        try lookUp(version)
        let merged = try store.merge(version)
        let after = try merged.map { try read($0) }
        precondition(after ?? rows == rows, "a merge lost rows, or made some")
        try delete(from: merged ?? version)
        try add(to: merged ?? version)
        return rows
    }

    /// Reads all rows, and some, in both orders and formats.
    /// - Returns: how many belong to somebody; all of an open version.
    private func read(_ version: StoredVersion) throws -> Int {
        let rows = try releasable(version)
        for order in orders(version) {
            for format in OutputFormat.allCases {
                let all = try read(version, format, order) { _ in true }
                precondition(all == rows, "rows are missing, or too many")
                let some = try read(version, format, order) { $0 % 2 == 0 }
                precondition(some <= all, "fewer owners release more rows")
            }
            for field in version.fields {
                let name = "\"" + field.name.replacing("\"", with: "\"\"") + "\""
                let test = "\(name) > \(Self.literals[field.type] ?? "")"
                guard let condition = try? Condition(test), let other = try? Condition("not \(test)") else {
                    continue
                }
                let found = try read(version, .csv, order, where: condition) { _ in true }
                let others = try read(version, .ndjson, order, where: other) { _ in true }
                precondition(found + others <= rows, "a condition and its negation are both true")
            }
        }
        return rows
    }

    private func orders(_ version: StoredVersion) -> [RowOrder] {
        let places = version.manifest.segments.reduce(0) { $0 + $1.sequenceCount }
        return places <= Self.maximumPlaces ? [.stored, .original] : [.stored]
    }

    /// As the blocks say; they were verified.
    private func releasable(_ version: StoredVersion) throws -> Int {
        guard version.ownerRule != .open else { return version.rowCount }
        var nobodys = 0
        for segment in version.segments {
            for block in 0..<segment.blocks.count {
                let layout = segment.blocks.layout(block)
                nobodys += try segment.withBlock(block) { bytes in
                    let last = layout.runs - 1
                    guard layout.runOwner(bytes, last) == OwnerDictionary.nobody else { return 0 }
                    return layout.rows - (last > 0 ? layout.runEnd(bytes, last - 1) : 0)
                }
            }
        }
        return version.rowCount - nobodys
    }

    private func read(
        _ version: StoredVersion, _ format: OutputFormat, _ order: RowOrder,
        where condition: Condition? = nil, granted: (UInt32) -> Bool
    ) throws -> Int {
        let isOpen = version.ownerRule == .open
        let filter = OwnerFilter(version: version)
        for ordinal in 0..<UInt32(version.ordinalCount) where granted(ordinal) {
            try filter.grant(ordinal, fields: FieldSet(version.fields.indices))
        }
        // A literal that does not suit its field is no condition.
        guard
            var stream = try? RowStream(
                version: version, filter: isOpen ? .open : .owners, fields: version.fields.indices.reversed(),
                format: format, where: condition, order: order)
        else { return 0 }
        var rows = 0
        let snapshot = isOpen ? nil : filter.snapshot()
        while let block = try stream.assemble(snapshot) {
            precondition(block.bytes.count <= Block.maximumBytes)
            precondition(isOpen || block.delivered.reduce(0) { $0 + $1.rows } == block.rows)
            precondition(block.delivered.allSatisfy { granted($0.ordinal) }, "a row without a grant")
            rows += block.rows
            stream.advance(past: block)
        }
        return rows
    }

    private func lookUp(_ version: StoredVersion) throws {
        for ordinal in 0..<UInt32(version.ordinalCount) {
            precondition(version.rows(of: ordinal) <= version.rowCount)
            _ = version.since(ordinal)
            precondition(version.ordinals(of: version.ownerKey(of: ordinal)).count <= version.ordinalCount)
        }
        precondition(version.ordinals(of: "nobody knows him").isEmpty || version.ordinalCount > 0)
    }

    /// A table may hide some of a key's ordinals: it has the checksum of somebody who wrote it so.
    private func delete(from version: StoredVersion) throws {
        let keys = (0..<version.ordinalCount).map { version.owners.key($0) }
        let found = keys.first { key in
            let ordinals = version.owners.ordinals(of: key)
            return !ordinals.isEmpty && ordinals.count == keys.count { $0 == key }
        }
        guard let key = found.flatMap({ String(validating: $0, as: UTF8.self) }) else { return }
        let next = version.identity.version + 1
        guard (try? store.delete(ownerKey: key, from: version, as: next)) != nil else { return }
        let rest = try store.open(dataset: dataset, version: next)
        try rest.verify()
        let left = try read(rest)
        precondition(rest.ordinals(of: key).isEmpty && left <= version.rowCount, "a deleted key has rows")
    }

    private func add(to version: StoredVersion) throws {
        let shape = IngestShape(ownerRule: version.ownerRule, fields: version.fields)
        let next = version.identity.version + 2
        let ingest = try store.beginIngest(dataset: dataset, version: next, shape: shape, onto: version)
        let row = version.fields.map { [.string: "b", .decimal: "1"][$0.type] ?? "" }.joined(separator: ",")
        do {
            try ingest.consume(CSVText.header(version.fields.map(\.name)) + Array("\(row)\n".utf8))
            _ = try ingest.finish()
        } catch is ClientFault {
            return
        } catch is BadLinesFault {
            return
        }
        let longer = try store.open(dataset: dataset, version: next)
        try longer.verify()
        let rows = try read(longer)
        precondition(rows >= version.manifest.ownedRows, "rows were lost")
    }
}
