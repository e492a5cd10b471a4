/// The different field sets granted under one agreement, each with a number, and what owners have it.
///
/// The number of a set that nobody has any more is given to the next new one. A snapshot keeps its own copy.
struct FieldSetTable: Sendable {
    /// What two bytes tell apart.
    static let maximumCount = 65_535

    /// A set, and whose rows it releases.
    struct Entry: Sendable {
        var fields: FieldSet
        /// Who granted it, whether or not they have rows.
        var grants = 0
        /// Those of them who have rows, and how many rows.
        var owners = 0
        var rows = 0
    }

    private(set) var entries: [Entry] = []
    private var numbers: [FieldSet: UInt16] = [:]
    private var free: [UInt16] = []

    /// The number of the set, which one owner more has now.
    /// - Parameters:
    ///   - rows: how many he has.
    ///   - isOwner: whether he is counted with them among those who have rows.
    /// - Throws: `DataPlaneError.tooManyFieldSets`; nothing changed then.
    mutating func take(_ fields: FieldSet, rows: Int, isOwner: Bool) throws(DataPlaneError) -> UInt16 {
        let number = if let known = numbers[fields] { known } else { try add(fields) }
        entries[Int(number)].grants += 1
        entries[Int(number)].owners += isOwner ? 1 : 0
        entries[Int(number)].rows += rows
        return number
    }

    private mutating func add(_ fields: FieldSet) throws(DataPlaneError) -> UInt16 {
        let number: UInt16
        if let last = free.popLast() {
            number = last
            entries[Int(number)] = Entry(fields: fields)
        } else {
            guard entries.count < Self.maximumCount else { throw .tooManyFieldSets }
            number = UInt16(entries.count)
            entries.append(Entry(fields: fields))
        }
        numbers[fields] = number
        return number
    }

    /// One owner fewer has the set.
    ///
    /// Rows and owner are as they were taken with.
    mutating func give(back number: UInt16, rows: Int, isOwner: Bool) {
        entries[Int(number)].grants -= 1
        entries[Int(number)].owners -= isOwner ? 1 : 0
        entries[Int(number)].rows -= rows
        guard entries[Int(number)].grants == 0 else { return }
        numbers[entries[Int(number)].fields] = nil
        entries[Int(number)] = Entry(fields: FieldSet())
        free.append(number)
    }
}
