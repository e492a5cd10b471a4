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
    private var agreements: Set<AgreementID> = []
    private var links = LinkInspection()
    private var standing = StandingInspection()
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
    ///
    /// - Parameters:
    ///   - json: the same entry.
    ///   - file: its side file, if it has one that holds.
    public mutating func note(_ number: Int64, _ entry: [UInt8], _ json: JSON, _ file: SideFile?) {
        if let row = rows[number] {
            seenRows.insert(number)
            if row.entry != entry {
                findings.append(
                    LogFinding(.outbox, .broken, "the row \(number) is not the entry of that number"))
            }
        }
        apply(json, file)
    }

    private mutating func apply(_ json: JSON, _ file: SideFile?) {
        guard let type = json["type"]?.string else { return }
        standing.note(EntryType(rawValue: type), json)
        switch EntryType(rawValue: type) {
        case .personErased: hasErasures = true
        case .linkChanged: links.note(json, file)
        case .agreementMade:
            if let id = json["agreement"]?.string.flatMap({ AgreementID($0) }) { agreements.insert(id) }
        case .datasetVersioned:
            if let dataset = json["dataset"]?.string.flatMap({ Slug($0) }),
                let version = json["version"]?.integer
            {
                versions[dataset] = Int(version)
            }
        default:
            if type.hasPrefix("grant."), let id = json["grant"]?.string.flatMap({ GrantID($0) }),
                let state = json["state"]?.string.flatMap({ Grant.State(rawValue: $0) })
            {
                grants[id] = state
            }
        }
    }

    /// What does not agree, once all entries were noted.
    ///
    /// - Parameters:
    ///   - last: the highest outbox number of the log.
    ///   - isPruned: whether the log does not tell of its first entries any more.
    ///   - isSuccessor: whether it follows a log of which entries may be lost: state that they told of is
    ///     then as it may be.
    /// - Throws: what reading the registry throws.
    public func findings(upTo last: Int64, isPruned: Bool, isSuccessor: Bool) throws -> [LogFinding] {
        var inspection = self
        try inspection.finish(last, isPruned, isSuccessor)
        return inspection.findings
    }

    private mutating func finish(_ last: Int64, _ isPruned: Bool, _ isSuccessor: Bool) throws {
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
        for number in waiting {
            // Its side file is not looked at: of its dataset's links nothing is said.
            if let json = rows[number].flatMap({ try? JSON.parse($0.entry) }) { apply(json, nil) }
        }
        let isOlder = newest < last
        if isOlder {
            findings.append(
                LogFinding(
                    .registry, .mended,
                    "hub.db ends at the number \(newest), the log at \(last): it is an older copy, and the"
                        + " next start ends what the log knows as ended"))
        }
        let severity: LogFinding.Severity = isOlder ? .mended : isSuccessor ? .accepted : .broken
        try compare(severity, isPruned)
        try compareAgreements(severity, isPruned)
        try compareStanding(severity, isPruned)
        // Whose the links were before a log was pruned it does not say any more.
        if !isPruned { try compareLinks(severity) }
    }

    private mutating func compareAgreements(_ severity: LogFinding.Severity, _ isPruned: Bool) throws {
        var left = agreements
        var unknown = 0
        try registry.read { [now] reader in
            try reader.forEachAgreement(at: now) { id, isRunning in
                if left.remove(id) == nil, isRunning || !isPruned { unknown += 1 }
            }
        }
        if unknown > 0 {
            findings.append(
                LogFinding(.registry, severity, "agreements that the log does not know: \(unknown)"))
        }
        if !left.isEmpty {
            findings.append(
                LogFinding(.registry, severity, "agreements of the log that are missing: \(left.count)"))
        }
    }

    private mutating func compareStanding(_ severity: LogFinding.Severity, _ isPruned: Bool) throws {
        let found = try registry.read { [standing] in
            try standing.differences(from: $0, isPruned: isPruned)
        }
        if !found.agreements.isEmpty {
            findings.append(
                LogFinding(
                    .registry, severity,
                    "agreements that the log knows as ended and hub.db as running, or the other way round:"
                        + " \(Self.some(found.agreements))"))
        }
        if !found.parties.isEmpty {
            findings.append(
                LogFinding(
                    .registry, severity,
                    "organisations in another state than the log tells: \(Self.some(found.parties))"))
        }
    }

    private static func some(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    private mutating func compareLinks(_ severity: LogFinding.Severity) throws {
        let differing = try registry.read { [links] reader in
            try links.differences(
                from: reader, in: reader.currentVersions().keys.sorted { $0.text < $1.text })
        }
        for (dataset, count) in differing {
            findings.append(
                LogFinding(
                    .registry, severity,
                    "links of dataset \(dataset) that are not as the log's side files say: \(count)"))
        }
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
