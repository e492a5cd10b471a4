internal import MerkleLog
internal import Model

/// Reads the next batch for the search index: entries from the published log, and whose rows went from the
/// side files.
struct BatchReader {
    /// What one batch holds at most, so that neither memory nor the index's transaction grows without end.
    /// The entry that passes a limit is still taken.
    static let maximumEntries: UInt64 = 8192
    private static let maximumBytes = 8 << 20
    private static let maximumDeliveries = 50_000

    /// More rows than any dataset has: sums of such numbers still fit.
    private static let maximumRows = 1 << 40

    private let log: AuditLog

    init(_ log: AuditLog) { self.log = log }

    /// The entries from `start` on; nil if no more are published. Those that were pruned are passed over, and
    /// count as entries that could not be read.
    ///
    /// - Throws: `LogError` or `ProofError` if the published log cannot be read.
    func batch(from start: UInt64) throws -> IndexBatch? {
        var reader = log.entryReader
        let first = max(start, log.minimumIndex)
        let limit = min(reader.size, first + Self.maximumEntries)
        guard first < limit else { return nil }
        var entries: [IndexedEntry] = []
        var latest: ReadFile?
        var (end, bytes, deliveries) = (first, 0, 0)
        while end < limit, bytes < Self.maximumBytes, deliveries < Self.maximumDeliveries {
            let entry = try reader.entry(at: end)
            if var read = IndexedEntry(index: end, entry: entry) {
                resolve(&read, &latest)
                if read.corrects != nil { read.corrects = try whole(before: read, &reader) }
                if case .known(let found) = read.account { deliveries += found.count }
                entries.append(read)
            }
            bytes += entry.count
            end += 1
        }
        return IndexBatch(
            log: log.vkey, range: start..<end, entries: entries, root: try log.root(ofFirst: end).bytes)
    }

    /// In a log that follows another one, so many entries at most lie between an answer and the entry that
    /// takes it back.
    private static let maximumDistance: UInt64 = 65_536

    /// The index of the entry that this one takes back: of an answer that was assembled whole, and of the
    /// same stream; no other can be taken back. It lies where `corrects` says, but in a log that follows
    /// another one, where all lie in other places than in their own.
    private func whole(before correction: IndexedEntry, _ reader: inout EntryReader) throws -> UInt64? {
        func holds(_ index: UInt64) throws -> Bool {
            guard index >= log.minimumIndex,
                let entry = IndexedEntry(index: index, entry: try reader.entry(at: index))
            else { return false }
            return entry.type == EntryType.access.rawValue && entry.stream == correction.stream
        }
        guard correction.stream != nil, let named = correction.corrects else { return nil }
        if try holds(named) { return named }
        guard log.minimumIndex == 0, try JSON.parse(reader.entry(at: 0))["predecessor"] != nil else {
            return nil
        }
        let first = correction.index - min(correction.index, Self.maximumDistance)
        for index in (first..<correction.index).reversed() where try holds(index) { return index }
        return nil
    }

    /// A side file and what it says: entries that share one mostly follow each other.
    private struct ReadFile {
        var name: String
        var commitment: [UInt8]
        var account: DeliveryAccount
    }

    private func resolve(_ entry: inout IndexedEntry, _ latest: inout ReadFile?) {
        guard case .sideFile(let commitment) = entry.account else { return }
        guard let name = entry.sideFile else {
            entry.account = .unknown(.missing)
            return
        }
        if latest?.name != name || latest?.commitment != commitment {
            latest = ReadFile(name: name, commitment: commitment, account: account(in: name, commitment))
        }
        if let latest { entry.account = latest.account }
    }

    private func account(in name: String, _ commitment: [UInt8]) -> DeliveryAccount {
        do {
            guard let file = try log.sideFile(stream: name, commitment: commitment) else {
                return .unknown(.missing)
            }
            return Self.deliveries(of: file).map { .known($0) } ?? .unknown(.wrong)
        } catch {
            return .unknown(error.code == .badSideFile ? .wrong : .unreadable)
        }
    }

    private struct LineName: Hashable {
        var key: [UInt8]
        var period: DataSpan
    }

    /// The lines that name an owner key; nil if one of them is not understood. An erased line is nobody's.
    private static func deliveries(of file: SideFile) -> [Delivery]? {
        var deliveries: [Delivery] = []
        // Of a period of a key there may be two lines: where the key passed on, rows of before stand apart.
        var places: [LineName: Int] = [:]
        var isUnderstood = true
        file.visit { content in
            guard let delivery = delivery(content, &isUnderstood) else { return }
            if let period = delivery.period {
                let name = LineName(key: Array(delivery.ownerKey.utf8), period: period)
                if let place = places[name] {
                    deliveries[place].rows += delivery.rows
                    deliveries[place].fields += delivery.fields.filter {
                        !deliveries[place].fields.contains($0)
                    }
                    return
                }
                places[name] = deliveries.count
            }
            deliveries.append(delivery)
        }
        return isUnderstood ? deliveries : nil
    }

    /// Nil if the line names no owner key, or is not understood.
    private static func delivery(_ content: SideFile.Content, _ isUnderstood: inout Bool) -> Delivery? {
        switch content {
        case .delivery(let delivery):
            isUnderstood = isUnderstood && delivery.rows <= maximumRows
            return delivery
        case .other(let line):
            guard let owner = line["owner"] else { return nil }
            guard let key = owner.string, let rows = line["rows"]?.integer.flatMap({ Int(exactly: $0) }),
                (0...maximumRows).contains(rows), let fields = line["fields"]?.array?.compactMap(\.string)
            else {
                isUnderstood = false
                return nil
            }
            do {
                return Delivery(
                    ownerKey: key, rows: rows, fields: fields, period: try DataSpan.of(line: line))
            } catch {
                isUnderstood = false
                return nil
            }
        }
    }
}
