import Foundation

/// A small file system of its own, unmounted when the test is over.
public final class Tmpfs: Sendable {
    /// Whether this process may mount: tried once, since being root does not suffice in a container.
    public static let isAvailable = geteuid() == 0 && (try? Tmpfs(sizeKiB: 64)) != nil

    public let path: String

    public init(sizeKiB: Int) throws {
        path = NSTemporaryDirectory() + "sluis-tmpfs-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        do {
            try Self.run("mount", "-t", "tmpfs", "-o", "size=\(sizeKiB)k", "tmpfs", path)
        } catch {
            try FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    deinit {
        // Detached at once: the files of a hub that was just let go may be open a moment longer.
        try? Self.run("umount", "-l", path)
        // Only an empty folder: were it still mounted, nothing below would be touched.
        rmdir(path)
    }

    public func resize(toKiB size: Int) throws {
        try Self.run("mount", "-o", "remount,size=\(size)k", path)
    }

    /// Takes all the room that is left but so much.
    public func fill(leavingKiB room: Int = 0) throws {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw CocoaError(.fileReadUnknown) }
        var left = Int(status.f_bavail) * Int(status.f_frsize) - room << 10
        let file = open(path + "/ballast", O_CREAT | O_WRONLY, 0o600)
        guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
        defer { close(file) }
        let zeros = [UInt8](repeating: 0, count: 4096)
        while left > 0, write(file, zeros, zeros.count) > 0 { left -= zeros.count }
    }

    /// Gives the room back.
    public func drain() throws { try FileManager.default.removeItem(atPath: path + "/ballast") }

    private static func run(_ command: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw CocoaError(.featureUnsupported) }
    }
}
