internal import DataPlane
internal import Model

extension DataSpan {
    /// The condition that a row is of this time: its time, or the first moment of its day, lies in the span.
    /// A row whose time is null is of no time.
    func condition(on field: Field) throws(ClientFault) -> Condition {
        let name = "\"" + field.name.replacing("\"", with: "\"\"") + "\""
        var tests: [String] = []
        if let from { tests.append("\(name) >= '\(field.type == .date ? from.firstDay : from.description)'") }
        if let to { tests.append("\(name) < '\(field.type == .date ? to.firstDay : to.description)'") }
        return try Condition(tests.joined(separator: " and "))
    }
}

extension Instant {
    /// The first day that begins at this moment or later, in UTC.
    fileprivate var firstDay: String {
        let day: Int64 = 86_400_000
        let begun = milliseconds >= 0 ? milliseconds / day : (milliseconds - day + 1) / day
        let next = begun * day == milliseconds ? begun : begun + 1
        return String(Instant(milliseconds: next * day).description.prefix(10))
    }
}
