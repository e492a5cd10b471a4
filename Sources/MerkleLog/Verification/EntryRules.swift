import Model

/// What every entry of Sluis must be, whatever it tells: canonical JSON (RFC 8785), an object of version 1
/// with a time, and with outbox numbers that ascend.
///
/// Times need not ascend: an entry has the time of its event, and of events at the same moment the one whose
/// transaction is quicker comes first.
struct EntryRules {
    private var newestNumber: Int64?

    /// Checks the entry that follows those given before.
    ///
    /// - Returns: what is wrong with it, nil if nothing is.
    mutating func violation(in entry: [UInt8]) -> String? {
        if let head = PlainEntryScanner.head(of: entry) { return violation(in: head) }
        let json: JSON
        do { json = try JSON.parse(entry) } catch { return "not JSON: \(error)" }
        guard json.object != nil else { return "not an object" }
        guard json.canonical == entry else { return "not in canonical form" }
        return violation(in: EntryHead(json))
    }

    private mutating func violation(in head: EntryHead) -> String? {
        guard head.version == 1 else { return "member `v` is not 1" }
        return violation(inTime: head.time) ?? violation(inNumber: head.number)
    }

    private mutating func violation(inTime member: JSON?) -> String? {
        guard let text = member?.string, let time = Instant(text), time.description == text else {
            return "member `at` is not a time in UTC with milliseconds"
        }
        return nil
    }

    /// An entry that came from no outbox row has no number, or null.
    private mutating func violation(inNumber member: JSON?) -> String? {
        guard let member, member != .null else { return nil }
        guard let number = member.integer else { return "member `seq` is neither an integer nor null" }
        if let newestNumber, number <= newestNumber {
            return "its number \(number) does not follow \(newestNumber)"
        }
        newestNumber = number
        return nil
    }
}
