internal import DataPlane
internal import Model
internal import Synchronization

/// The open dataset versions that readers get, by dataset.
final class VersionBook: Sendable {
    private let versions = Mutex<[Slug: StoredVersion]>([:])
    /// Made of these versions, and of no others.
    private let projections: ProjectionCache

    init(_ projections: ProjectionCache) { self.projections = projections }

    /// How keys of the current versions are divided by time, where some are.
    private let divisions = Mutex<[Slug: Tenancies]>([:])

    func divide(_ dataset: Slug, _ tenancies: Tenancies?) { divisions.withLock { $0[dataset] = tenancies } }

    /// Nil if no key of the version is divided by time.
    func tenancies(of version: StoredVersion) -> Tenancies? {
        divisions.withLock { divisions in
            let tenancies = divisions[version.identity.dataset]
            return tenancies?.version == version.identity ? tenancies : nil
        }
    }

    /// Where the rows of a connected dataset are from a version on, and whether the operator lets the hub
    /// read there.
    struct Connection {
        var version: Int
        var upstream: Upstream
        var isAllowed: Bool
    }

    /// Reads that begin while another place is published still go by the version before.
    private static let keptConnections = 4

    /// The newest first.
    private let connections = Mutex<[Slug: [Connection]]>([:])

    func connect(_ dataset: Slug, _ connection: Connection) {
        connections.withLock { connections in
            let others = connections[dataset] ?? []
            connections[dataset] = [connection] + others.prefix(Self.keptConnections - 1)
        }
    }

    func isConnected(_ dataset: Slug) -> Bool { connection(of: dataset) != nil }

    /// Nil for a hosted dataset.
    ///
    /// - Parameter version: of which; nil for the newest.
    func connection(of dataset: Slug, version: Int? = nil) -> Connection? {
        connections.withLock { connections in
            connections[dataset]?.first { $0.version <= version ?? .max }
        }
    }

    /// Connected datasets whose keys could not be brought in line with their links.
    private let unrenewed = Mutex<Set<Slug>>([])

    func noteUnrenewed(_ dataset: Slug) { unrenewed.withLock { _ = $0.insert(dataset) } }

    func takeUnrenewed() -> Set<Slug> {
        unrenewed.withLock { unrenewed in
            defer { unrenewed = [] }
            return unrenewed
        }
    }

    /// Versions whose rows are coming in.
    private let uploads = Mutex<[Slug: [Int]]>([:])

    /// While the mark lives, a key that passes to another owner does so behind this version: some of its rows
    /// came in before.
    func mark(_ dataset: Slug, _ version: Int) -> UploadMark {
        uploads.withLock { $0[dataset, default: []].append(version) }
        return UploadMark(self, dataset, version)
    }

    fileprivate func unmark(_ dataset: Slug, _ version: Int) {
        uploads.withLock { uploads in
            guard let place = uploads[dataset]?.firstIndex(of: version) else { return }
            uploads[dataset]?.remove(at: place)
            if uploads[dataset]?.isEmpty == true { uploads[dataset] = nil }
        }
    }

    /// The first version of which no row has come in yet; nil while none comes in.
    func firstNotBegun(of dataset: Slug) -> Int? {
        uploads.withLock { $0[dataset]?.max().map { $0 + 1 } }
    }

    /// Held by whoever changes a dataset's files, or makes others from them.
    let files = KeyedLock<Slug>()

    /// Held while the original order of a dataset's rows is found: once for all who ask.
    let orders = KeyedLock<Slug>()

    /// Versions whose commit failed, of which the disk may yet say that it did not.
    private let doubtful = Mutex<[Slug: Int]>([:])

    /// Datasets whose files are being verified.
    let verifying = Mutex<Set<Slug>>([])

    func doubtful(_ dataset: Slug) -> Int? { doubtful.withLock { $0[dataset] } }

    func doubt(_ dataset: Slug, _ version: Int?) { doubtful.withLock { $0[dataset] = version } }

    /// Versions that were replaced, as long as something of them is on the disk.
    private let replaced = Mutex<[Slug: Set<Int>]>([:])

    func leave(_ dataset: Slug, _ version: Int) {
        replaced.withLock { _ = $0[dataset, default: []].insert(version) }
    }

    func forget(_ dataset: Slug, _ version: Int) {
        replaced.withLock { replaced in
            replaced[dataset]?.remove(version)
            if replaced[dataset]?.isEmpty == true { replaced[dataset] = nil }
        }
    }

    func left(of dataset: Slug) -> Set<Int> { replaced.withLock { $0[dataset] ?? [] } }

    var datasetsWithLeft: [Slug] { replaced.withLock { Array($0.keys) } }

    func current(of dataset: Slug) -> StoredVersion? { versions.withLock { $0[dataset] } }

    /// Puts the same version in other files in place; not if a newer one has come.
    func move(_ dataset: Slug, to merged: StoredVersion) {
        versions.withLock { versions in
            guard versions[dataset]?.identity == merged.identity else { return }
            versions[dataset] = merged
            projections.turn(to: merged)
        }
    }

    /// - Returns: the version before.
    @discardableResult
    func replace(_ dataset: Slug, with version: StoredVersion) -> StoredVersion? {
        versions.withLock { versions in
            projections.turn(to: version)
            return versions.updateValue(version, forKey: dataset)
        }
    }
}

/// Stands for rows of a version that are coming in.
final class UploadMark: Sendable {
    private let book: VersionBook
    private let dataset: Slug
    private let version: Int

    fileprivate init(_ book: VersionBook, _ dataset: Slug, _ version: Int) {
        (self.book, self.dataset, self.version) = (book, dataset, version)
    }

    deinit { book.unmark(dataset, version) }
}
