import Model

/// How an owner filter came to be what it is: every change of what it releases, numbered, so that a reader
/// who knows up to which number he has read can be told what he lacks and what he must drop.
///
/// Held for one agreement, over the versions of a dataset that share ordinals: from one that put rows in
/// place of all before, until the next that does.
public struct ReleaseHistory: Sendable {
    /// A change, as numbers of field sets; 8 bytes.
    struct Entry: Hashable, Sendable {
        var ordinal: UInt32
        var before: UInt16
        var after: UInt16
    }

    /// A key that its version lost, and when.
    struct Departure: Hashable, Sendable {
        var key: String
        var at: Instant
    }

    /// More changes are not remembered, unless there are more owners.
    static let maximumCount = 1 << 18
    /// So long readers can be told that a key is gone; then the key is gone here too: 90 days.
    static let departureMilliseconds: Int64 = 90 * 86_400_000

    /// 16 random bytes: numbers mean something under this name only.
    public let id: [UInt8]
    /// 32 random bytes, with which cursors are authenticated.
    public let key: [UInt8]
    /// The version that put its rows in place of all before.
    public let base: Int
    /// The number of the first change that is remembered.
    public private(set) var first: Int
    private(set) var changes: [Entry]
    /// The field sets, the empty one first.
    private(set) var sets: [FieldSet]
    private var numbers: [FieldSet: UInt16]
    /// Keys that the version no longer knows, since their rows were deleted. They are in memory only: what
    /// was deleted is to be in no file.
    private(set) var departed: [UInt32: Departure] = [:]

    /// Begins.
    ///
    /// - Parameters:
    ///   - released: what is released now, of which nothing is told.
    ///   - random: 48 random bytes.
    /// - Returns: nil if that has more different field sets than can be numbered.
    public init?(of version: StoredVersion, from released: OwnerFilterSnapshot, random: [UInt8]) {
        precondition(random.count == 48)
        self.init(
            id: Array(random[..<16]), key: Array(random[16...]), base: version.manifest.base, first: 0)
        for fields in released.fieldSets {
            guard number(fields) != nil else { return nil }
        }
    }

    init(id: [UInt8], key: [UInt8], base: Int, first: Int) {
        (self.id, self.key, self.base, self.first) = (id, key, base, first)
        changes = []
        sets = [FieldSet()]
        numbers = [FieldSet(): 0]
    }

    /// The number that the next change gets.
    public var next: Int { first + changes.count }

    /// - Returns: false if there are more different field sets than it can number: then it is of no use any
    ///   more.
    public mutating func note(_ change: ReleaseChange) -> Bool {
        guard let before = number(change.before), let after = number(change.after) else { return false }
        append(Entry(ordinal: change.ordinal, before: before, after: after))
        return true
    }

    mutating func append(_ entry: Entry) { changes.append(entry) }

    mutating func number(_ fields: FieldSet) -> UInt16? {
        if let known = numbers[fields] { return known }
        guard sets.count <= FieldSetTable.maximumCount else { return nil }
        let number = UInt16(sets.count)
        sets.append(fields)
        numbers[fields] = number
        return number
    }

    /// Nil for a set that no change named and that was not released at the beginning.
    func knownNumber(_ fields: FieldSet) -> UInt16? { numbers[fields] }

    /// Remembers the key of an ordinal that has lost it.
    mutating func noteDeparture(of ordinal: UInt32, _ departure: Departure) {
        departed[ordinal] = departure
    }

    /// Forgets the keys that departed long before `now`.
    mutating func forgetDepartures(at now: Instant) {
        let limit = now.milliseconds - Self.departureMilliseconds
        departed = departed.filter { $0.value.at.milliseconds >= limit }
    }

    /// Forgets the oldest changes beyond what is remembered of so many owners.
    public mutating func trim(owners: Int) {
        let limit = max(Self.maximumCount, owners)
        guard changes.count > limit else { return }
        // Half at once: forgetting moves all others.
        let surplus = changes.count - limit / 2
        changes.removeFirst(surplus)
        first += surplus
        let named = Set(changes.map(\.ordinal))
        departed = departed.filter { named.contains($0.key) }
    }
}

extension ReleaseHistory {
    /// By ordinal, what was released of the rows of each owner of whom anything changed, while a read was on
    /// its way that began when `start` was the next number and ended when `end` was: the set at its beginning
    /// first, then those that were set meanwhile. If there are several nobody can say which of his rows it
    /// sent in which fields.
    ///
    /// - Returns: nil if that is no longer remembered, or has not been yet.
    public func changes(from start: Int, to end: Int) -> [UInt32: [FieldSet]]? {
        guard start >= first, end >= start, end <= next else { return nil }
        var found: [UInt32: [FieldSet]] = [:]
        for (number, change) in zip(start..., changes[(start - first)...]) {
            if found[change.ordinal] == nil { found[change.ordinal] = [sets[Int(change.before)]] }
            if number < end { found[change.ordinal]?.append(sets[Int(change.after)]) }
        }
        return found
    }

    /// The key of an ordinal of a version, also if its rows were deleted not too long ago.
    public func ownerKey(of ordinal: UInt32, in version: StoredVersion) -> String? {
        if let departure = departed[ordinal] { return departure.key }
        guard Int(ordinal) < version.ordinalCount else { return nil }
        let key = version.ownerKey(of: ordinal)
        return key.isEmpty ? nil : key
    }
}
