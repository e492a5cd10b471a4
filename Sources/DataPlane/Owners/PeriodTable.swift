import Model

/// Which keys of a version are divided by time, into which periods, and in which of them a row lies.
///
/// Behind the version's ordinals there is one for each period of each stored ordinal of such a key: a key
/// that passed to another owner has several stored ordinals, with the same periods.
struct PeriodTable: Sendable {
    /// In milliseconds since 1970.
    fileprivate struct Period: BitwiseCopyable {
        var first: Int64
        /// Behind the last.
        var end: Int64
    }

    /// A stored ordinal of a divided key.
    struct Place: BitwiseCopyable {
        let stored: UInt32
        /// The periods of the key, by their first moments.
        fileprivate let firstPeriod: UInt32
        fileprivate let periodCount: UInt32
        /// The ordinal of the first of them.
        fileprivate let firstOrdinal: UInt32
        /// The same number for all ordinals of a key, and no other's.
        let key: UInt32

        /// Those of its periods.
        var ordinals: Range<UInt32> { firstOrdinal..<firstOrdinal + periodCount }

        fileprivate var periods: Range<Int> { Int(firstPeriod)..<Int(firstPeriod + periodCount) }
    }

    /// The stored ordinals of divided keys.
    private(set) var divided = OrdinalSet()
    /// How many ordinals the version has.
    let storedCount: Int
    /// How many there are with those of the periods.
    private(set) var ordinalCount: Int
    /// How many of the keys have rows, and how many rows.
    private(set) var keysWithRows = 0
    private(set) var storedRows = 0
    private var periods: [Period] = []
    /// By ascending stored ordinal.
    private(set) var places: [Place] = []
    /// Nil if no field tells the time: then all rows are of none.
    private let times: RowTimes?

    /// - Parameter timeColumn: nil, or a name that need not be a field's.
    init(of version: StoredVersion, timeColumn: String?, _ divisions: some Sequence<Tenancies.Division>) {
        storedCount = version.ordinalCount
        ordinalCount = storedCount
        times = version.fields.firstIndex { $0.name == timeColumn }.map { RowTimes(field: $0) }
        for division in divisions { add(division, of: version) }
        places.sort { $0.stored < $1.stored }
        divided = OrdinalSet(places.map(\.stored))
    }

    private mutating func add(_ division: Tenancies.Division, of version: StoredVersion) {
        let ordinals = version.ordinals(of: division.ownerKey)
        guard !ordinals.isEmpty else { return }
        let rows = ordinals.reduce(0) { $0 + version.rows(of: $1) }
        storedRows += rows
        keysWithRows += rows > 0 ? 1 : 0
        let first = UInt32(periods.count)
        periods += division.periods.map(Period.init).sorted { $0.first < $1.first }
        for stored in ordinals {
            places.append(
                Place(
                    stored: stored, firstPeriod: first, periodCount: UInt32(division.periods.count),
                    firstOrdinal: UInt32(ordinalCount), key: ordinals[0]))
            ordinalCount += division.periods.count
        }
    }

    /// Where a stored ordinal stands; nil if its key is not divided.
    func place(of stored: UInt32) -> Place? {
        var range = places.indices
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            if places[middle].stored == stored { return places[middle] }
            range =
                places[middle].stored < stored
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    /// The ordinal of a place that stands for exactly this time.
    func ordinal(of span: DataSpan, of place: Place) -> UInt32? {
        let period = Period(span)
        guard let index = lastPeriod(of: place, beginningBy: period.first),
            periods[index].first == period.first,
            periods[index].end == period.end
        else { return nil }
        return place.firstOrdinal + UInt32(index - place.periods.lowerBound)
    }

    /// The time for which one of the ordinals of a place stands.
    func span(_ ordinal: UInt32, of place: Place) -> DataSpan? {
        let period = periods[Int(place.firstPeriod + ordinal - place.firstOrdinal)]
        return DataSpan(
            from: period.first == .min ? nil : Instant(milliseconds: period.first),
            to: period.end == .max ? nil : Instant(milliseconds: period.end))
    }

    /// Whose a row is that stands under a stored ordinal: the ordinal of a period, or nobody's.
    func owner(ofRow row: Int, under place: Place, _ block: Span<UInt8>, _ layout: BlockLayout) -> UInt32 {
        guard let time = times?.time(ofRow: row, block, layout),
            let period = lastPeriod(of: place, beginningBy: time), time < periods[period].end
        else { return OwnerDictionary.nobody }
        return place.firstOrdinal + UInt32(period - place.periods.lowerBound)
    }

    @inline(__always)
    private func lastPeriod(of place: Place, beginningBy time: Int64) -> Int? {
        var range = place.periods
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range =
                periods[middle].first <= time
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound > place.periods.lowerBound ? range.lowerBound - 1 : nil
    }

    /// Whose the first of some rows is, and the row behind the last that is the same owner's.
    ///
    /// - Parameter range: not empty.
    func run(
        _ range: Range<Int>, under place: Place, _ block: Span<UInt8>, _ layout: BlockLayout
    ) -> (owner: UInt32, end: Int) {
        let owner = owner(ofRow: range.lowerBound, under: place, block, layout)
        var end = range.lowerBound + 1
        while end < range.upperBound, self.owner(ofRow: end, under: place, block, layout) == owner {
            end += 1
        }
        return (owner, end)
    }
}

extension PeriodTable.Period {
    fileprivate init(_ span: DataSpan) {
        self.init(first: span.from?.milliseconds ?? .min, end: span.to?.milliseconds ?? .max)
    }
}
