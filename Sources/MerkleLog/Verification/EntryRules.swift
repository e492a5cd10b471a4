import Model

/// What every entry of Sluis must be, whatever it tells: canonical JSON (RFC 8785), an object of version 1
/// with a time, and with outbox numbers that ascend.
///
/// Times need not ascend: an entry has the time of its event, and of events at the same moment the one whose
/// transaction is quicker comes first.
struct EntryRules {
    private var newestNumber: Int64?

    /// - Parameter newestNumber: the number of the last entry before that has one.
    init(newestNumber: Int64? = nil) { self.newestNumber = newestNumber }

    /// Checks the entry that follows those given before.
    ///
    /// - Returns: what is wrong with it, nil if nothing is.
    mutating func violation(in entry: [UInt8]) -> String? {
        switch Self.head(of: entry.span) {
        case .failure(let violation): violation.text
        case .success(let head): Self.violation(in: head) ?? violation(ofNumber: head.number)
        }
    }

    /// What is wrong with a number that follows the newest one; takes it as the newest if nothing is.
    mutating func violation(ofNumber number: EntryHead.Number) -> String? {
        guard case .integer(let number) = number else { return nil }
        if let newestNumber, number <= newestNumber {
            return "its number \(number) does not follow \(newestNumber)"
        }
        newestNumber = number
        return nil
    }
}

extension EntryRules {
    /// What is wrong with an entry.
    struct Violation: Error, Equatable {
        let text: String
    }

    /// The head of an entry in canonical form, or why it is none.
    static func head(of entry: Span<UInt8>) -> Result<EntryHead, Violation> {
        if let head = PlainEntryScanner.head(of: entry) { return .success(head) }
        let bytes = Array(entry)
        let json: JSON
        do { json = try JSON.parse(bytes) } catch { return .failure(Violation(text: "not JSON: \(error)")) }
        guard json.object != nil else { return .failure(Violation(text: "not an object")) }
        guard json.canonical == bytes else { return .failure(Violation(text: "not in canonical form")) }
        return .success(EntryHead(json))
    }

    /// What is wrong with a head, whatever came before it.
    static func violation(in head: EntryHead) -> String? {
        guard head.isVersionOne else { return "member `v` is not 1" }
        guard head.hasTime else { return "member `at` is not a time in UTC with milliseconds" }
        return head.number == .other ? "member `seq` is neither an integer nor null" : nil
    }
}

extension [UInt8] {
    init(_ bytes: Span<UInt8>) {
        self = []
        reserveCapacity(bytes.count)
        for position in bytes.indices { append(bytes[position]) }
    }
}
