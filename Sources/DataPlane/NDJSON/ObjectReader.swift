/// Reads one line as one JSON object (RFC 8259) whose values are strings, numbers, booleans or null.
///
/// Without recursion: an array or object inside is a fault, whatever it holds.
struct ObjectReader: Sendable {
    /// The line without its line end; behind it the texts of strings that had escapes.
    var text: [UInt8] = []
    /// By field; they mean nothing if there is a fault.
    private(set) var cells: [NDJSONCell] = []
    private(set) var fault: NDJSONFault?
    private(set) var members: MemberTable
    /// Where the line ends in `text`.
    var lineEnd = 0
    /// What is read next.
    var position = 0

    init(members: MemberTable) { self.members = members }

    /// Reads the line in `text`; false if it is blank.
    mutating func read(isTooLong: Bool, quotes: QuoteTracker) -> Bool {
        (lineEnd, position, fault) = (text.count, 0, nil)
        if isTooLong {
            fault = tooLong(quotes)
            return true
        }
        skipSpace()
        guard position < lineEnd else { return false }
        cells.removeAll(keepingCapacity: true)
        cells.append(contentsOf: repeatElement(.missing, count: members.names.count))
        members.beginObject()
        do {
            try checkUTF8()
            try readObject()
            members.close()
        } catch {
            fault = weighed(error)
        }
        return true
    }

    // MARK: Object

    private mutating func readObject() throws(NDJSONFault) {
        guard take(UInt8(ascii: "{")) else { throw unexpected(.notAnObject) }
        skipSpace()
        var isFirst = true
        while !take(UInt8(ascii: "}")) {
            if !isFirst {
                guard take(UInt8(ascii: ",")) else {
                    throw unexpected(.invalidJSON, "a comma or a closing brace is expected here")
                }
                skipSpace()
            }
            isFirst = false
            try readMember()
            skipSpace()
        }
        let end = position
        skipSpace()
        guard position < lineEnd else { return }
        if let index = text[end..<position].firstIndex(of: UInt8(ascii: "\r")) {
            throw NDJSONFault(reason: .carriageReturn, offset: index, value: position..<lineEnd)
        }
        throw unexpected(.textAfterObject)
    }

    private mutating func readMember() throws(NDJSONFault) {
        let start = position
        guard position < lineEnd, text[position] == UInt8(ascii: "\"") else {
            throw unexpected(.invalidJSON, "the name of a member is expected here, in double quotes")
        }
        let name = try readString(member: nil)
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw unexpected(.invalidJSON, "a colon is expected here") }
        skipSpace()
        guard let member = members.index(of: text, name) else {
            guard members.ignoresOthers else {
                throw NDJSONFault(reason: .unknownMember, offset: start, value: name)
            }
            _ = try readValue(nil)
            return
        }
        if member == cells.count { cells.append(.missing) }
        guard cells[member].isMissing else {
            throw NDJSONFault(reason: .duplicateMember, offset: start, value: name, member: member)
        }
        let offset = position
        let (range, kind) = try readValue(member)
        cells[member] = NDJSONCell(
            start: Int32(range.lowerBound), end: Int32(range.upperBound), column: Int32(offset + 1),
            kind: kind)
    }

    /// Passes the byte if it comes next.
    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < lineEnd, text[position] == byte else { return false }
        position += 1
        return true
    }

    /// RFC 8259 section 2.
    @inline(__always)
    private mutating func skipSpace() {
        while position < lineEnd,
            text[position] == UInt8(ascii: " ") || text[position] == UInt8(ascii: "\t")
                || text[position] == UInt8(ascii: "\r")
        {
            position += 1
        }
    }
}
