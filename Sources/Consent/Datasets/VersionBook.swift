internal import DataPlane
internal import Model
internal import Synchronization

/// The open dataset versions that readers get, by dataset.
final class VersionBook: Sendable {
    private let versions = Mutex<[Slug: StoredVersion]>([:])

    /// Versions whose commit failed, of which the disk may yet say that it did not.
    private let doubtful = Mutex<[Slug: Int]>([:])

    func doubtful(_ dataset: Slug) -> Int? { doubtful.withLock { $0[dataset] } }

    func doubt(_ dataset: Slug, _ version: Int?) { doubtful.withLock { $0[dataset] = version } }

    func current(of dataset: Slug) -> StoredVersion? { versions.withLock { $0[dataset] } }

    /// - Returns: the version before.
    @discardableResult
    func replace(_ dataset: Slug, with version: StoredVersion) -> StoredVersion? {
        versions.withLock { $0.updateValue(version, forKey: dataset) }
    }
}
