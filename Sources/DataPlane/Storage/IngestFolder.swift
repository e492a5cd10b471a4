import Glibc
import Model

/// The temporary folder of one ingest, `data/{dataset}/.ingest-{version}`, and how it becomes the version.
struct IngestFolder {
    static let prefix = ".ingest-"

    let dataset: Slug
    let version: Int
    let disk: Disk
    private let datasetPath: String

    /// Makes the folder.
    /// - Throws: `ClientFault` of kind conflict if the version exists or is being made.
    init(store: String, dataset: Slug, version: Int, disk: Disk) throws {
        self.dataset = dataset
        self.version = version
        self.disk = disk
        datasetPath = "\(store)/\(dataset.text)"
        if !disk.exists(datasetPath) { _ = try Self.make(datasetPath, disk) }
        // Also if it was there: whoever made it may have failed before its name was durable.
        try disk.syncDirectory(store)
        guard !disk.exists(versionPath) else {
            throw ClientFault(
                .conflict, "version_exists", "version \(version) of the dataset exists",
                remedy: "publish the next version")
        }
        guard try Self.make(temporaryPath, disk) else {
            throw ClientFault(
                .conflict, "ingest_running", "version \(version) of the dataset is being uploaded",
                remedy: "wait until that upload has ended")
        }
    }

    /// False if the folder was there: of two at the same time only one makes it.
    private static func make(_ path: String, _ disk: Disk) throws -> Bool {
        do {
            try disk.makeDirectory(path)
            return true
        } catch DataPlaneError.system(_, _, errno: EEXIST) {
            return false
        }
    }

    var temporaryPath: String { "\(datasetPath)/\(Self.prefix)\(version)" }
    private var versionPath: String { "\(datasetPath)/\(version)" }

    func path(_ name: String) -> String { "\(temporaryPath)/\(name)" }

    /// Renames the folder into place. Before the rename a crash leaves no version, after it a whole one:
    /// every file, and the folder's own list of names, is durable by then.
    func publish() throws {
        try disk.syncDirectory(temporaryPath)
        do {
            try disk.rename(temporaryPath, to: versionPath)
            try disk.syncDirectory(datasetPath)
        } catch {
            // The caller hears of a failure, so the version must not be there.
            try? disk.rename(versionPath, to: temporaryPath)
            throw error
        }
    }

    /// Removes what there is. What cannot be removed now is swept at the next start.
    func discard() { disk.removeTree(temporaryPath) }
}

extension Disk {
    /// Removes a folder of files, as far as possible.
    func removeTree(_ path: String) {
        for name in (try? list(path)) ?? [] { try? remove("\(path)/\(name)") }
        try? removeDirectory(path)
    }
}
