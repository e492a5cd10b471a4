public import Model

/// The live grants of one agreement, found by owner in one step: data, not policies, so that a decision costs
/// the same among a thousand and among a million of them.
///
/// Open addressing with linear probing; a slot is 32 bytes, so that a look-up touches one line of the cache
/// in most cases. Looking up allocates nothing.
public struct GrantIndex: Sendable {
    /// What an owner grants.
    public struct Grant: Hashable, Sendable {
        public var fields: FieldMask
        /// The first instant at which it no longer holds; nil for no end.
        public var until: Instant?

        public init(fields: FieldMask, until: Instant? = nil) {
            self.fields = fields
            self.until = until
        }
    }

    /// More sets of fields than this cannot be told apart; nothing is rounded.
    public static let maximumFieldSets = Int(UInt16.max)

    /// An owner's grant in the table.
    struct Slot: Sendable {
        var high: UInt64 = 0
        var low: UInt64 = 0
        /// Milliseconds since 1970; `Int64.max` for no end.
        var until: Int64 = 0
        /// The number of its field set plus one; 0 for a free slot.
        var fieldSet: UInt32 = 0
    }

    private var slots: [Slot]
    private var mask: Int
    /// How many slots are taken.
    public private(set) var count = 0
    private var fieldSets: [FieldMask] = []
    private var numbers: [FieldMask: UInt32] = [:]
    private let seed: UInt64

    /// - Parameters:
    ///   - capacity: for how many grants there is room before the table grows.
    ///   - seed: keeps whoever chooses identifiers from making them collide.
    public init(capacity: Int = 16, seed: UInt64) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: Slot(), count: size)
        mask = size - 1
        self.seed = seed
    }

    // MARK: Looking up

    /// The grant of an owner, whether it still holds or not.
    public func grant(of owner: OwnerKey) -> Grant? {
        let slot = slots[place(of: owner)]
        guard slot.fieldSet != 0 else { return nil }
        return Grant(
            fields: fieldSets[Int(slot.fieldSet) - 1],
            until: slot.until == .max ? nil : Instant(milliseconds: slot.until))
    }

    /// The fields that an owner grants at a time; empty if none.
    @inline(__always)
    public func fields(of owner: OwnerKey, at now: Int64) -> FieldMask {
        let slot = slots[place(of: owner)]
        guard slot.fieldSet != 0, now < slot.until else { return FieldMask() }
        return fieldSets[Int(slot.fieldSet) &- 1]
    }

    /// Where the owner's grant is, or would be.
    @inline(__always)
    private func place(of owner: OwnerKey) -> Int {
        var place = home(of: owner)
        while true {
            let slot = slots[place]
            if slot.fieldSet == 0 || slot.low == owner.low && slot.high == owner.high { return place }
            place = (place &+ 1) & mask
        }
    }

    @inline(__always)
    private func home(of owner: OwnerKey) -> Int {
        let mixed = (owner.low ^ seed).multipliedFullWidth(by: owner.high ^ 0x9E37_79B9_7F4A_7C15)
        let folded = (mixed.high ^ mixed.low ^ owner.low).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return Int(truncatingIfNeeded: folded.high ^ folded.low) & mask
    }

    // MARK: Changing

    /// Puts a grant in place of the owner's earlier one.
    ///
    /// - Throws: `ClientFault` `too_many_field_sets` beyond `maximumFieldSets` different ones.
    public mutating func set(_ grant: Grant, of owner: OwnerKey) throws(ClientFault) {
        let number = try number(of: grant.fields)
        if (count + 1) * 2 > slots.count { grow() }
        let place = place(of: owner)
        if slots[place].fieldSet == 0 { count += 1 }
        slots[place] = Slot(
            high: owner.high, low: owner.low, until: grant.until?.milliseconds ?? .max, fieldSet: number)
    }

    /// Takes an owner's grant away; nothing happens if there is none.
    public mutating func remove(_ owner: OwnerKey) {
        var hole = place(of: owner)
        guard slots[hole].fieldSet != 0 else { return }
        count -= 1
        slots[hole] = Slot()
        // What was put further on because this slot was taken moves back.
        var next = (hole + 1) & mask
        while slots[next].fieldSet != 0 {
            let slot = slots[next]
            let home = home(of: OwnerKey(high: slot.high, low: slot.low))
            if (next &- home) & mask >= (next &- hole) & mask {
                slots[hole] = slot
                slots[next] = Slot()
                hole = next
            }
            next = (next + 1) & mask
        }
    }

    private mutating func number(of fields: FieldMask) throws(ClientFault) -> UInt32 {
        if let known = numbers[fields] { return known }
        guard fieldSets.count < Self.maximumFieldSets else {
            throw ClientFault(
                .unprocessable, "too_many_field_sets",
                "the grants of this agreement name too many different sets of fields", field: "fields",
                expected: "at most \(Self.maximumFieldSets)", remedy: "grant a set that others grant too")
        }
        fieldSets.append(fields)
        let number = UInt32(fieldSets.count)
        numbers[fields] = number
        return number
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        mask = slots.count - 1
        for slot in old where slot.fieldSet != 0 {
            slots[place(of: OwnerKey(high: slot.high, low: slot.low))] = slot
        }
    }
}
