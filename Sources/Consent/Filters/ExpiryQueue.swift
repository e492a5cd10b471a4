internal import Model

/// The grants of one agreement that end by themselves, soonest first.
struct ExpiryQueue: Sendable {
    struct Item: Sendable {
        var grant: GrantID
        var at: Instant
        var keys: [String]
    }

    /// Ascending by time.
    private var items: [Item] = []

    mutating func insert(_ item: Item) {
        remove(item.grant)
        let place = items.firstIndex { $0.at > item.at } ?? items.endIndex
        items.insert(item, at: place)
    }

    /// Takes many at once, for a start.
    init(_ items: [Item] = []) { self.items = items.sorted { $0.at < $1.at } }

    mutating func remove(_ grant: GrantID) { items.removeAll { $0.grant == grant } }

    mutating func removeDue(at now: Instant) -> [Item] {
        guard let first = items.first, first.at <= now else { return [] }
        let due = items.prefix { $0.at <= now }
        items.removeFirst(due.count)
        return Array(due)
    }
}
