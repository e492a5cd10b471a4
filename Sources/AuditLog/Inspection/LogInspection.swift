public import MerkleLog
internal import Model

/// Holds the journal, the tiles and the checkpoints of a log against each other, and changes nothing.
///
/// The hub must not run: what is written meanwhile would look torn.
public struct LogInspection {
    /// What an inspection came to.
    public struct Report: Sendable {
        /// How many entries the journal holds, as far as it could be read.
        public var entries: UInt64 = 0
        /// The entries below this index were pruned.
        public var firstEntry: UInt64 = 0
        /// Whether it follows a log of which entries may be lost.
        public var isSuccessor = false
        /// The highest outbox number among them, 0 if there is none.
        public var lastNumber: Int64 = 0
        /// Whether every entry of the journal was visited.
        public var isJournalWhole = false
        public var findings: [LogFinding] = []
    }

    /// What the journal must lead to at a certain size.
    private struct Claim {
        var part: LogFinding.Part
        var size: UInt64
        var root: TreeHash
        /// The root of the journal's first `size` entries; nil if it holds fewer.
        var found: TreeHash?
    }

    /// Called now and then with the entries done and all entries, while the tiles are verified.
    public var progress: ((_ done: UInt64, _ total: UInt64) -> Void)?

    private let dataDirectory: String
    private let log: NoteVerifier
    private let system: any FileSystem = SystemFiles()

    public init(dataDirectory: String, log: NoteVerifier) {
        self.dataDirectory = dataDirectory
        self.log = log
    }

    /// Reads everything.
    ///
    /// - Parameters:
    ///   - remembered: the checkpoint that the registry remembers, a signed note.
    ///   - visit: gets each entry, with its outbox number if it has one, in the order of the journal.
    nonisolated(nonsending) public func run(
        workers: Int, remembered: String? = nil, visit: (_ number: Int64?, _ entry: [UInt8]) -> Void
    ) async -> Report {
        var report = Report()
        var claims = claims(remembered, into: &report)
        let published = claims.first { $0.part == .checkpoint }?.size ?? 0
        var tail: [UInt64: [UInt8]] = [:]
        do throws(LogError) {
            try replay(&claims, into: &report) { index, number, entry in
                if index >= published { tail[index] = entry }
                visit(number, entry)
            }
        } catch {
            report.findings.append(LogFinding(.journal, .broken, error.message))
        }
        if report.isJournalWhole { judge(claims, into: &report) }
        // Where nothing is published the next start publishes everything.
        guard system.exists(dataDirectory + "/log/checkpoint") else { return report }
        var verifier: LogVerifier
        do {
            verifier = LogVerifier(files: try LogDirectory(dataDirectory + "/log"), log: log)
        } catch {
            report.findings.append(LogFinding(.tiles, .broken, "\(error)"))
            return report
        }
        verifier.progress = progress
        verifier.trailingEntries = { tail[$0] }
        if let failure = await verifier.verify(workers: workers).verdict.failure {
            report.findings.append(LogFinding(.tiles, .broken, "\(failure)"))
        }
        return report
    }

    /// What checkpoints and synced state say of the journal.
    private func claims(_ remembered: String?, into report: inout Report) -> [Claim] {
        var claims: [Claim] = []
        for part in [LogFinding.Part.checkpoint, .witnessed, .remembered] {
            do {
                let note =
                    part == .remembered
                    ? remembered.map { Array($0.utf8) }
                    : try system.read("\(dataDirectory)/log/\(part.rawValue)")
                guard let note else { continue }
                let checkpoint = try Checkpoint.open(note: note, of: log)
                claims.append(Claim(part: part, size: checkpoint.size, root: checkpoint.root))
            } catch {
                report.findings.append(LogFinding(part, .broken, "the checkpoint does not hold: \(error)"))
            }
        }
        guard let bytes = try? system.read(dataDirectory + "/journal/synced") else { return claims }
        if let state = SyncedState(bytes), let tree = Frontier(size: state.size, hashes: state.hashes) {
            claims.append(Claim(part: .synced, size: state.size, root: tree.root))
        } else {
            report.findings.append(
                LogFinding(
                    .synced, .mended,
                    "`journal/synced` cannot be read; the next start reads the whole journal"))
        }
        return claims
    }

    private func replay(
        _ claims: inout [Claim], into report: inout Report,
        _ visit: (_ index: UInt64, _ number: Int64?, _ entry: [UInt8]) -> Void
    ) throws(LogError) {
        let base = try self.base()
        guard var tree = Frontier(size: base.size, hashes: base.hashes) else {
            throw LogError(.historyMismatch, "`journal/base` does not fit its own size")
        }
        report.firstEntry = base.size
        Self.note(tree, in: &claims)
        // Its number may be that of a later entry: the order of what follows is known of itself.
        var last: Int64 = 0
        var disorder: LogFinding?
        let journal = try JournalReplay(folder: dataDirectory + "/journal", from: base.size, in: system) {
            index, entry, leaf in
            tree.append(leaf)
            Self.note(tree, in: &claims)
            let number = EntryStamp(entry).number
            if let number, number <= last, disorder == nil {
                disorder = LogFinding(
                    .journal, .broken, "entry \(index) has the outbox number \(number) after \(last)")
            }
            last = max(last, number ?? 0)
            if index == 0 { report.isSuccessor = Self.namesPredecessor(entry) }
            visit(index, number, entry)
        }
        report.entries = journal.size
        report.lastNumber = max(last, base.lastNumber)
        report.isJournalWhole = true
        if let disorder { report.findings.append(disorder) }
        if journal.isTorn {
            report.findings.append(
                LogFinding(
                    .journal, .mended,
                    "the journal ends in a commit that was not finished, of which nobody was told"))
        }
    }

    private static func namesPredecessor(_ entry: [UInt8]) -> Bool {
        (try? JSON.parse(entry))?["predecessor"] != nil
    }

    /// From where on the journal of a pruned log is kept.
    private func base() throws(LogError) -> SyncedState {
        guard let bytes = try system.read(dataDirectory + "/journal/base") else { return .empty }
        guard let base = SyncedState(bytes) else {
            throw LogError(.historyMismatch, "`journal/base` cannot be read")
        }
        return base
    }

    private static func note(_ tree: Frontier, in claims: inout [Claim]) {
        for place in claims.indices where claims[place].size == tree.size {
            claims[place].found = tree.root
        }
    }

    private func judge(_ claims: [Claim], into report: inout Report) {
        // A pruned log cannot be held against what it does not keep.
        for claim in claims where claim.size >= report.firstEntry {
            guard let found = claim.found else {
                report.findings.append(
                    LogFinding(
                        claim.part, .broken,
                        "it covers \(claim.size) entries, and the journal holds \(report.entries)"))
                continue
            }
            if found != claim.root {
                report.findings.append(
                    LogFinding(
                        claim.part, .broken,
                        "the journal's first \(claim.size) entries have the root \(found), it says"
                            + " \(claim.root)"
                    ))
            }
        }
        guard let published = claims.first(where: { $0.part == .checkpoint }) else {
            if report.entries > 0 && !report.findings.contains(where: { $0.part == .checkpoint }) {
                report.findings.append(LogFinding(.checkpoint, .mended, "nothing is published yet"))
            }
            return
        }
        if published.size < report.entries {
            report.findings.append(
                LogFinding(
                    .checkpoint, .mended,
                    "\(report.entries - published.size) entries of the journal are not published yet"))
        }
    }
}
