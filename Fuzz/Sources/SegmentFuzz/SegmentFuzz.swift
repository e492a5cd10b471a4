import Foundation

private let torture: SegmentTorture = {
    do {
        let memory = URL(filePath: "/dev/shm")
        let isThere = FileManager.default.isWritableFile(atPath: memory.path)
        let folder = (isThere ? memory : FileManager.default.temporaryDirectory)
            .appending(path: "sluis-fuzz-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return try SegmentTorture(folder: folder)
    } catch {
        fatalError("the versions are written: \(error)")
    }
}()

/// Takes the bytes as files of a version: nothing may trap, and what is opened and read is one story, or
/// refused as damaged.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSegment(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    torture.run(bytes)
    return 0
}
