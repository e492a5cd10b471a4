internal import AuditLog
internal import Model
internal import Registry

/// Holds the links of the registry against what the log and its side files say of them.
///
/// Who owns which key stands in side files alone. Where one of a dataset is gone, or somebody was erased in
/// it, nothing can be said of that dataset's links.
struct LinkInspection {
    private var owners: [Slug: [Holding: String]] = [:]
    private var isUnknown: Set<Slug> = []

    /// Takes note of an entry `link.changed`, with its side file if that holds.
    mutating func note(_ entry: JSON, _ file: SideFile?) {
        guard let dataset = entry["dataset"]?.string.flatMap({ Slug($0) }) else { return }
        guard let lines = file?.lines else {
            isUnknown.insert(dataset)
            return
        }
        // A key that passes on ends with one owner and begins with another, in lines without an order.
        for linked in [false, true] {
            for line in lines {
                guard let line, let holding = Holding(line: line, key: "key"),
                    let owner = line["owner"]?.string
                else {
                    isUnknown.insert(dataset)
                    continue
                }
                guard line["linked"]?.bool == linked else { continue }
                owners[dataset, default: [:]][holding] = linked ? owner : nil
            }
        }
    }

    /// How many links of each dataset differ; nothing for those of which nothing can be said.
    ///
    /// - Throws: what reading the registry throws.
    func differences(from reader: RegistryReader, in datasets: some Sequence<Slug>) throws
        -> [(dataset: Slug, count: Int)]
    {
        var differing: [(dataset: Slug, count: Int)] = []
        for dataset in datasets where !isUnknown.contains(dataset) {
            var left = owners[dataset] ?? [:]
            var count = 0
            try reader.forEachLink(of: dataset) { link in
                let said = left.removeValue(forKey: Holding(link))
                if said != link.owner.description { count += 1 }
            }
            count += left.count
            if count > 0 { differing.append((dataset, count)) }
        }
        return differing
    }
}
