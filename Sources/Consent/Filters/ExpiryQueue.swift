internal import Model

/// The grants of one agreement that end by themselves, soonest first.
///
/// A binary heap, in which what was replaced or removed lies until it comes up.
struct ExpiryQueue: Sendable {
    struct Item: Sendable {
        var grant: GrantID
        var at: Instant
        /// What ends with it.
        var restrictions: [Restriction]

        init(grant: GrantID, at: Instant, scopes: [OwnerScope]) {
            self.grant = grant
            self.at = at
            restrictions = scopes.map { Restriction(holding: $0.holding) }
        }
    }

    private struct Place: Sendable {
        var at: Instant
        var grant: GrantID
        var revision: Int
    }

    private var heap: [Place] = []
    /// What counts, by grant.
    private var items: [GrantID: (item: Item, revision: Int)] = [:]
    private var revision = 0

    init(_ items: [Item] = []) {
        for item in items { insert(item) }
    }

    /// In place of what was there of this grant.
    mutating func insert(_ item: Item) {
        revision += 1
        items[item.grant] = (item, revision)
        heap.append(Place(at: item.at, grant: item.grant, revision: revision))
        var child = heap.count - 1
        while child > 0, heap[child].at < heap[(child - 1) / 2].at {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func remove(_ grant: GrantID) { items[grant] = nil }

    mutating func removeDue(at now: Instant) -> [Item] {
        var due: [Item] = []
        while let first = heap.first, first.at <= now {
            removeFirst()
            guard let known = items[first.grant], known.revision == first.revision else { continue }
            items[first.grant] = nil
            due.append(known.item)
        }
        return due
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].at < heap[least].at { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
