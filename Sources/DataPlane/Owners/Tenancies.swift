public import Model

/// Owner keys whose rows are divided by time: a row is the owner's in whose period its time lies.
///
/// Each period of such a key has ordinals of its own, behind those of the version, so that a filter holds a
/// bit for it as for any owner. Stored rows stay where they are; whoever reads them asks for the time of each
/// row of such a key, and of no other. A row outside all periods, or of no time, is nobody's.
///
/// Immutable: when links change others are made, and the next block of every stream is assembled under those.
public final class Tenancies: Sendable {
    /// One key and the times in which it was somebody's, which do not overlap.
    public struct Division: Hashable, Sendable {
        public var ownerKey: String
        public var periods: [DataSpan]

        public init(ownerKey: String, periods: [DataSpan]) {
            self.ownerKey = ownerKey
            self.periods = periods
        }
    }

    public let version: VersionIdentity
    let table: PeriodTable
    private let rows: PeriodRows
    /// How many more rows belong to somebody than if no key were divided; never above 0.
    let ownedRowsChange: Int
    /// How many more owners have rows.
    let ownersChange: Int

    /// Reads all rows of these keys, to count those of each period: work for the disk. Of blocks that are
    /// damaged it counts nothing.
    ///
    /// - Parameters:
    ///   - timeColumn: without one, or if it is no field of the version, all rows are of no time.
    ///   - divisions: each key once.
    /// - Returns: nil if none of the keys ever had rows.
    public init?(of version: StoredVersion, timeColumn: String?, _ divisions: some Sequence<Division>) {
        table = PeriodTable(of: version, timeColumn: timeColumn, divisions)
        guard !table.places.isEmpty else { return nil }
        self.version = version.identity
        rows = PeriodRows(of: version, table)
        ownedRowsChange = rows.total - table.storedRows
        ownersChange = rows.owners - table.keysWithRows
    }

    /// How many ordinals a filter has, those of the version included.
    var ordinalCount: Int { table.ordinalCount }

    /// The stored ordinals of divided keys.
    var divided: OrdinalSet { table.divided }

    /// Whether the key of a stored ordinal is divided.
    public func isDivided(_ stored: UInt32) -> Bool { table.divided.contains(stored) }

    /// The ordinal of one period of a stored ordinal; nil if its key has no such period.
    public func ordinal(of period: DataSpan, under stored: UInt32) -> UInt32? {
        guard let place = table.place(of: stored) else { return nil }
        return table.ordinal(of: period, of: place)
    }

    /// The ordinals of all periods of a stored ordinal.
    public func ordinals(under stored: UInt32) -> [UInt32] {
        table.place(of: stored).map { Array($0.ordinals) } ?? []
    }

    /// How many rows stand under one of the ordinals behind those of the version.
    func rows(_ ordinal: Int) -> Int { rows.count(ordinal - table.storedCount) }

    /// Whether its owner is to be counted with it, as he is once for each period of a key.
    func countsOwner(_ ordinal: Int) -> Bool { rows.countsOwner(ordinal - table.storedCount) }
}
