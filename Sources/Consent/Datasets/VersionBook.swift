internal import DataPlane
internal import Model
internal import Synchronization

/// The open dataset versions that readers get, by dataset.
final class VersionBook: Sendable {
    private let versions = Mutex<[Slug: StoredVersion]>([:])

    func current(of dataset: Slug) -> StoredVersion? { versions.withLock { $0[dataset] } }

    func replace(_ dataset: Slug, with version: StoredVersion) { versions.withLock { $0[dataset] = version } }
}
