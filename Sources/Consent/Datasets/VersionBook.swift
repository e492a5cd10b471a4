internal import DataPlane
internal import Model
internal import Synchronization

/// The open dataset versions that readers get, by dataset.
final class VersionBook: Sendable {
    private let versions = Mutex<[Slug: StoredVersion]>([:])

    func current(of dataset: Slug) -> StoredVersion? { versions.withLock { $0[dataset] } }

    /// - Returns: the version before.
    @discardableResult
    func replace(_ dataset: Slug, with version: StoredVersion) -> StoredVersion? {
        versions.withLock { $0.updateValue(version, forKey: dataset) }
    }
}
