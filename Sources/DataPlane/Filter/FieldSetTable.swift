/// The different field sets granted under one agreement, each with a number and how many owners have it.
///
/// The number of a set that nobody has any more is given to the next new one. A snapshot keeps its own copy.
struct FieldSetTable: Sendable {
    /// What two bytes tell apart.
    static let maximumCount = 65_535

    private(set) var sets: [FieldSet] = []
    private var owners: [Int] = []
    private var numbers: [FieldSet: UInt16] = [:]
    private var free: [UInt16] = []

    /// The number of the set, which one owner more has now.
    /// - Throws: `DataPlaneError.tooManyFieldSets`; nothing changed then.
    mutating func take(_ fields: FieldSet) throws(DataPlaneError) -> UInt16 {
        if let number = numbers[fields] {
            owners[Int(number)] += 1
            return number
        }
        let number: UInt16
        if let last = free.popLast() {
            number = last
            sets[Int(number)] = fields
            owners[Int(number)] = 1
        } else {
            guard sets.count < Self.maximumCount else { throw .tooManyFieldSets }
            number = UInt16(sets.count)
            sets.append(fields)
            owners.append(1)
        }
        numbers[fields] = number
        return number
    }

    /// One owner fewer has the set.
    mutating func give(back number: UInt16) {
        owners[Int(number)] -= 1
        guard owners[Int(number)] == 0 else { return }
        numbers[sets[Int(number)]] = nil
        sets[Int(number)] = FieldSet()
        free.append(number)
    }
}
