public import AuditLog
public import Model
internal import Registry
internal import Synchronization

/// Lines of side files that must be forgotten.
extension Exchange {
    /// The file of a stream that began at `start`, without the lines of owner keys that were forgotten since.
    public func forgetting(_ file: SideFile, dataset: Slug, since start: Instant) -> SideFile {
        let keys = forgotten.withLock { forgotten in
            (forgotten[dataset] ?? [:]).filter { $0.value.contains { $0.concerns(start) } }
        }
        // As of all streams that began after the last erasure: nobody need look at their lines.
        if keys.isEmpty { return file }
        let erased = file.erasing { line in
            Holding(line: line, key: "owner").map { keys[$0] != nil } == true
        }
        return erased ?? file
    }

    /// Erases the lines of these owner keys in the side file of an access, if they were their owner's then.
    ///
    /// - Returns: how many lines were there.
    func eraseDelivered(_ spans: [OwnerSpan], in index: UInt64) throws -> Int {
        // With the entries their side files were pruned.
        guard index >= parts.log.minimumIndex else { return 0 }
        let entry = try JSON.parse(parts.log.entry(at: index))
        guard let dataset = entry["dataset"]?.string,
            let name = entry.sideFileName,
            let commitment = entry["delivered"]?.string.flatMap({ Base64.decodeURL($0) })
        else { return 0 }
        let time = entry["at"]?.string.flatMap { Instant($0) }
        let version = entry["version"]?.integer.flatMap { Int(exactly: $0) }
        let own = Set(
            spans.filter { span in
                span.ownerKey.dataset.text == dataset
                    && (time.map { span.covers(version: version, at: $0) } ?? true)
            }.map { Holding($0.ownerKey.key, $0.ownerKey.period) })
        return try parts.log.eraseLines(ofSideFile: name, commitment: commitment) { line in
            Holding(line: line, key: "owner").map(own.contains) == true
        }
    }

    /// Erases the lines that name a person in the side files of a dataset's links.
    ///
    /// - Returns: how many lines were there.
    func eraseLinks(of person: PersonID, in dataset: Slug) throws -> Int {
        var lines = 0
        var cursor: String?
        repeat {
            let query = EntryQuery(dataset: dataset, type: EntryType.linkChanged.rawValue)
            let page = try parts.index.entries(query, limit: 1000, after: cursor)
            for index in page.indexes where index >= parts.log.minimumIndex {
                let entry = try JSON.parse(parts.log.entry(at: index))
                guard let stream = entry["stream"]?.string,
                    let commitment = entry["owners"]?["commitment"]?.string.flatMap({ Base64.decodeURL($0) })
                else { continue }
                lines += try parts.log.eraseLines(ofSideFile: stream, commitment: commitment) { line in
                    line["owner"]?.string == person.description
                }
            }
            cursor = page.next
        } while cursor != nil
        return lines
    }
}
