internal import Model

/// The numbers of the owners in one access to the rows of very many.
///
/// Asking for one after the other takes the index several times as long as reading all owners of the dataset
/// in the order of their keys, unless they are few of them.
struct CrowdOwners {
    /// Of all owners that the index knows, at least so many in a hundred.
    private static let leastPercent: Int64 = 12

    /// As stored, by the places of the deliveries.
    let keys: [[UInt8]]
    /// The places in the order of the keys.
    private let order: [Int]
    /// By place; nil of an owner who is new.
    private(set) var numbers: [Int64?]

    init(_ deliveries: [Delivery], in dataset: Slug) {
        keys = deliveries.map { delivery in
            LinkedKey(dataset: dataset, key: delivery.ownerKey, period: delivery.period).stored
        }
        let keys = keys
        let places = keys.indices.map { (head: Self.head(keys[$0]), place: $0) }
        order = places.sorted { a, b in
            a.head == b.head
                ? keys[a.place].lexicographicallyPrecedes(keys[b.place]) : a.head < b.head
        }.map(\.place)
        numbers = keys.map { _ in nil }
    }

    /// The first eight bytes, as a number that sorts as they do.
    private static func head(_ key: [UInt8]) -> UInt64 {
        (0..<8).reduce(0) { $0 << 8 | UInt64($1 < key.count ? key[$1] : 0) }
    }

    /// Looks up those who are known.
    /// - Parameter count: how many owners the index knows.
    mutating func find(in reader: SearchReader, of dataset: Slug, count: Int64) throws {
        guard Int64(order.count) >= count / 100 * Self.leastPercent else {
            for place in order { numbers[place] = try reader.owner(dataset, keys[place]) }
            return
        }
        var next = 0
        try reader.owners(of: dataset) { key, number in
            while next < order.count, keys[order[next]].lexicographicallyPrecedes(key) { next += 1 }
            while next < order.count, keys[order[next]] == key {
                numbers[order[next]] = number
                next += 1
            }
        }
    }

    /// Gives the new owners the next numbers, in no order: once one of them is erased, the place of his
    /// number between others must not tell where his key was between theirs.
    ///
    /// - Parameter insert: called in the order of the keys, which is that of the table.
    /// - Returns: the number behind theirs.
    mutating func add(
        from first: Int64, _ insert: (_ key: [UInt8], _ number: Int64) throws -> Void
    ) rethrows -> Int64 {
        let new = order.filter { numbers[$0] == nil }
        // A key may stand there twice.
        let firsts = new.indices.filter { $0 == 0 || keys[new[$0]] != keys[new[$0 - 1]] }
        let next = first + Int64(firsts.count)
        var random = SystemRandomNumberGenerator()
        let free = (first..<next).shuffled(using: &random)
        var used = 0
        for (index, place) in new.enumerated() {
            if used < firsts.count, firsts[used] == index {
                try insert(keys[place], free[used])
                used += 1
            }
            numbers[place] = free[used - 1]
        }
        return next
    }
}
