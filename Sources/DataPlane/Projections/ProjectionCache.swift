import Dispatch
public import Model
import Synchronization

/// The projections that a hub keeps: made on demand, within a budget, of what readers get now, and of fields
/// that somebody may read.
///
/// One is made at a time, on a thread of its own. Readers that begin meanwhile, and those who find none, read
/// the version itself; whoever has begun with one that is dropped reads it to the end, and until then it
/// takes its room on the disk.
public final class ProjectionCache: Sendable {
    /// What one projection is, for those who look into the hub.
    public struct Item: Hashable, Sendable {
        /// Positions in the version's fields, in the order in which they are stored.
        public var fields: [Int]
        public var sizeBytes: Int
    }

    private let shelves: Mutex<ProjectionShelves>
    private let hasRoom: @Sendable (Int) -> Bool
    private let allowed: @Sendable (StoredVersion) -> FieldSet
    private let queue = DispatchQueue(label: "sluis.data.projections", qos: .utility)

    /// - Parameters:
    ///   - budgetBytes: what all together may take; 0 for none.
    ///   - hasRoom: whether the disk has room for so many bytes more.
    ///   - allowed: the fields of a version that somebody may read now. It is called with a lock held, and
    ///     must not call back.
    public init(
        budgetBytes: Int, hasRoom: @escaping @Sendable (Int) -> Bool,
        allowed: @escaping @Sendable (StoredVersion) -> FieldSet
    ) {
        shelves = Mutex(ProjectionShelves(budgetBytes: budgetBytes))
        self.hasRoom = hasRoom
        self.allowed = allowed
    }

    public func items(of version: StoredVersion) -> [Item] {
        shelves.withLock { $0.projections(of: version) }.map {
            Item(fields: $0.fields, sizeBytes: $0.sizeBytes)
        }
    }

    /// Readers of the dataset get this version, in these segments, from now on.
    public func turn(to version: StoredVersion) {
        let gone = shelves.withLock { $0.turn(to: version) }
        letGo(gone)
    }

    /// What a read that begins can be served from; nil for the version itself.
    ///
    /// - Parameters:
    ///   - fields: positions of all that it looks at, each once: those that are sent first, in their order.
    ///   - isCounted: whether it is one of the reads for which a projection is worth its making.
    public func projection(
        of version: StoredVersion, for fields: [Int], isCounted: Bool
    ) -> StoredProjection? {
        let (found, isWished) = shelves.withLock { shelves in
            shelves.budgetBytes == 0
                ? (nil, false) : shelves.read(fields, of: version, isCounted: isCounted)
        }
        if isWished { make(ProjectionShelves.Wish(version: version, fields: fields)) }
        return found
    }

    /// Drops what holds a field of the dataset that nobody may read any more.
    public func review(_ dataset: Slug) {
        let gone = shelves.withLock { $0.keep(of: dataset, only: self.allowed) }
        letGo(gone)
    }

    /// The same of all datasets; and drops all, where the disk has no more room than what the hub needs
    /// itself.
    public func review() {
        let datasets = shelves.withLock { $0.datasets }
        guard !datasets.isEmpty else { return }
        let hasRoom = hasRoom(0)
        for dataset in datasets {
            let gone = shelves.withLock { shelves in
                shelves.keep(of: dataset) { hasRoom ? self.allowed($0) : FieldSet() }
            }
            letGo(gone)
        }
    }

    // MARK: Making

    private func make(_ wish: ProjectionShelves.Wish) {
        queue.async { [weak self] in
            guard let self else { return }
            // Whatever it failed with, a damaged block or a full disk: whoever reads the version hears of it.
            let made = try? write(wish)
            shelves.withLock { $0.end(wish, made ?? nil) }
            review(wish.version.identity.dataset)
        }
    }

    /// - Returns: nil if there is no room for it.
    private func write(_ wish: ProjectionShelves.Wish) throws -> StoredProjection? {
        // A condition of the agreement may name a field that nobody may read.
        review(wish.version.identity.dataset)
        let writer = ProjectionWriter(version: wish.version, fields: wish.fields) {
            guard self.shelves.withLock({ $0.isWanted(wish) }) else { throw CancellationError() }
        }
        let sizeBytes = try writer.sizeBytes()
        let isBegun = hasRoom(sizeBytes) && shelves.withLock { $0.begin(wish, sizeBytes: sizeBytes) } != nil
        return isBegun ? try writer.write() : nil
    }

    /// Has files unmapped where nobody waits for it.
    private func letGo(_ gone: [StoredProjection]) {
        if !gone.isEmpty { DispatchQueue.global(qos: .utility).async { withExtendedLifetime(gone) {} } }
    }
}
