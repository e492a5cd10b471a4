import DataPlane
import Foundation

private let version: StoredVersion = {
    do {
        let directory = FileManager.default.temporaryDirectory.appending(path: "sluis-fuzz-\(UUID())").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // It stays mapped when its files are gone.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        guard let version = try ConditionTorture.version(in: directory) else { fatalError("a slug is one") }
        return version
    } catch {
        fatalError("the rows are taken: \(error)")
    }
}()

/// Reads the bytes as a condition and asks it about rows of every type: nothing may trap, and no row may be
/// true for a condition and its negation.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCondition(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    _ = ConditionTorture.run(bytes, on: version)
    return 0
}
