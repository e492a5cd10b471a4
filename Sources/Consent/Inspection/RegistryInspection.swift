public import AuditLog
public import Model
public import Registry

/// Holds the registry and its outbox against what the log tells.
///
/// It follows the entries that came through the outbox, and keeps of each grant and dataset what was said of
/// it last: the state that the registry must have, as both were written together.
public struct RegistryInspection {
    private let registry: Registry
    private let now: Instant
    private let rows: [Int64: OutboxRow]
    private var seenRows: Set<Int64> = []
    private var grants: [GrantID: Grant.State] = [:]
    private var versions: [Slug: Int] = [:]
    /// Whether somebody was erased: his grants are gone, and the log does not say whose they were.
    private var hasErasures = false
    private var findings: [LogFinding] = []

    /// - Throws: what reading the outbox throws.
    public init(_ registry: Registry, at now: Instant) throws {
        self.registry = registry
        self.now = now
        rows = Dictionary(try registry.pendingRows().map { ($0.number, $0) }, uniquingKeysWith: { $1 })
    }

    /// An entry of the log with its outbox number, in the order of the log.
    public mutating func note(_ number: Int64, _ entry: [UInt8]) {
        if let row = rows[number] {
            seenRows.insert(number)
            if row.entry != entry {
                findings.append(
                    LogFinding(.outbox, .broken, "the row \(number) is not the entry of that number"))
            }
        }
        apply(entry)
    }

    private mutating func apply(_ entry: [UInt8]) {
        guard let json = try? JSON.parse(entry) else { return }
        if json["type"]?.string == EntryType.personErased.rawValue { hasErasures = true }
        if let id = json["grant"]?.string.flatMap({ GrantID($0) }),
            json["type"]?.string?.hasPrefix("grant.") == true,
            let state = json["state"]?.string.flatMap({ Grant.State(rawValue: $0) })
        {
            grants[id] = state
        } else if json["type"]?.string == EntryType.datasetVersioned.rawValue,
            let dataset = json["dataset"]?.string.flatMap({ Slug($0) }),
            let version = json["version"]?.integer
        {
            versions[dataset] = Int(version)
        }
    }

    /// What does not agree, once all entries were noted.
    ///
    /// - Parameters:
    ///   - last: the highest outbox number of the log.
    ///   - isPruned: whether the log does not tell of its first entries any more.
    /// - Throws: what reading the registry throws.
    public func findings(upTo last: Int64, isPruned: Bool) throws -> [LogFinding] {
        var inspection = self
        try inspection.finish(last, isPruned)
        return inspection.findings
    }

    private mutating func finish(_ last: Int64, _ isPruned: Bool) throws {
        let newest = try registry.read { try $0.newestNumber() }
        for number in rows.keys.sorted() where number <= last && !seenRows.contains(number) {
            findings.append(LogFinding(.outbox, .broken, "the log lacks the entry of the row \(number)"))
        }
        let waiting = rows.keys.filter { $0 > last }.sorted()
        let lost = max(0, newest - last) - Int64(waiting.count)
        if lost > 0 {
            findings.append(
                LogFinding(
                    .outbox, .broken,
                    "entries that were recorded and are neither here nor in the log: \(lost); put the journal"
                        + " and hub.db of the same time back"))
        }
        if !waiting.isEmpty {
            findings.append(
                LogFinding(.outbox, .mended, "changes that are not in the log yet: \(waiting.count)"))
        }
        for number in waiting { rows[number].map { apply($0.entry) } }
        let isOlder = newest < last
        if isOlder {
            findings.append(
                LogFinding(
                    .registry, .mended,
                    "hub.db ends at the number \(newest), the log at \(last): it is an older copy, and the"
                        + " next start ends what the log knows as ended"))
        }
        try compare(isOlder ? .mended : .broken, isPruned)
    }

    private mutating func compare(_ severity: LogFinding.Severity, _ isPruned: Bool) throws {
        var known: Set<GrantID> = []
        var differing: [LogFinding] = []
        let (grants, versions, now) = (grants, versions, now)
        try registry.read { reader in
            try reader.forEachGrantState(at: now) { id, state, isRunning in
                known.insert(id)
                // What an agreement that runs rests on is never pruned.
                if grants[id] == nil && isPruned && !isRunning { return }
                guard grants[id] != state else { return }
                let said = grants[id].map { "the log says \($0.rawValue)" } ?? "the log does not know it"
                differing.append(
                    LogFinding(.registry, severity, "grant \(id) is \(state.rawValue), \(said)"))
            }
            let current = try reader.currentVersions()
            for dataset in Set(current.keys).union(versions.keys).sorted(by: { $0.text < $1.text })
            where current[dataset] != versions[dataset] && !(versions[dataset] == nil && isPruned) {
                differing.append(
                    LogFinding(
                        .registry, severity,
                        "dataset \(dataset) is at version \(current[dataset] ?? 0), the log says"
                            + " \(versions[dataset] ?? 0)"))
            }
        }
        if hasErasures {
            findings += differing
            return
        }
        for id in grants.keys.filter({ !known.contains($0) }).sorted(by: { $0.description < $1.description })
        {
            differing.append(LogFinding(.registry, severity, "grant \(id) of the log is missing"))
        }
        findings += differing
    }
}
