internal import AuditLog
internal import Model

extension Exchange {
    /// Counts from the log what was read under agreements whose reads are limited. Once, before a listener
    /// opens. The log is never pruned beyond an agreement in force, so it has all.
    ///
    /// A read is counted unless the log says that nothing was sent: one whose end is missing was under way
    /// when the hub stopped, and may have sent all.
    ///
    /// - Returns: why it could not be done. A hub whose log has a gap starts all the same, so that owners can
    ///   withdraw; what is limited is not read then.
    func countReads() -> (any Error)? {
        let counted = gates.all.filter { $0.readCounter != nil }
        guard let oldest = counted.map(\.agreement.madeAt).min() else { return nil }
        do {
            try count(counted, since: oldest)
            return nil
        } catch {
            for gate in counted { gate.readCounter?.lose() }
            return error
        }
    }

    private func count(_ gates: [AgreementGate], since oldest: Instant) throws {
        let counters = Dictionary(
            gates.map { ($0.agreement.id.description, $0) }, uniquingKeysWith: { first, _ in first })
        var open: [String: (counter: ReadCounter, place: ReadCounter.Place)] = [:]
        let first = try parts.log.minimumIndex(before: oldest)
        var reader = parts.log.entryReader
        for index in min(first, reader.size)..<reader.size {
            let bytes = try reader.entry(at: index)
            if bytes.has(ReadEntry.closing), let lost = ReadEntry.lost(bytes) {
                // Reads that the log lost nobody can count.
                for gate in gates where gate.agreement.madeAt <= lost { gate.readCounter?.lose() }
            }
            guard bytes.has(ReadEntry.agreeing), let entry = ReadEntry(bytes),
                let counter = counters[entry.agreement]?.readCounter
            else { continue }
            if entry.sentNothing {
                if let known = open.removeValue(forKey: entry.stream) { known.counter.remove(known.place) }
            } else if entry.isDecision {
                open[entry.stream] = (counter, counter.add(at: entry.at))
            } else {
                // It counts for good.
                open[entry.stream] = nil
            }
        }
    }
}

/// What an entry says of a read that was permitted.
private struct ReadEntry {
    let agreement: String
    let stream: String
    let at: Instant
    /// Whether it is the first of its stream.
    let isDecision: Bool
    /// Whether it says so.
    let sentNothing: Bool

    /// What its bytes have, and most entries do not.
    static let agreeing = Array("\"agreement\":\"".utf8)
    static let closing = Array("\"log.closed\"".utf8)

    /// Of an entry `log.closed` by which entries are lost: its time.
    static func lost(_ bytes: [UInt8]) -> Instant? {
        guard let entry = try? JSON.parse(bytes), entry["type"] == "log.closed",
            (entry["lost"]?.integer ?? 1) > 0
        else { return nil }
        return entry["at"]?.string.flatMap { Instant($0) } ?? Instant(milliseconds: .max)
    }

    init?(_ bytes: [UInt8]) {
        guard let entry = try? JSON.parse(bytes), entry["decision"] == "permit",
            let type = entry["type"]?.string,
            ["access", "access.decided", "access.completed"].contains(type),
            let agreement = entry["agreement"]?.string, let stream = entry["stream"]?.string,
            let at = entry["at"]?.string.flatMap({ Instant($0) })
        else { return nil }
        self.agreement = agreement
        self.stream = stream
        self.at = at
        isDecision = type != "access.completed"
        sentNothing = entry["status"] == "unsent" || entry["status"] == "cut" && entry["bytes"] == 0
    }
}

extension [UInt8] {
    /// Whether these bytes are in it: of most entries nothing more is looked at.
    fileprivate func has(_ pattern: [UInt8]) -> Bool {
        let (bytes, wanted) = (span, pattern.span)
        guard bytes.count >= wanted.count else { return false }
        for start in 0...bytes.count - wanted.count where bytes[start] == wanted[0] {
            var length = 1
            while length < wanted.count, bytes[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return true }
        }
        return false
    }
}
