/// Reads the bytes as CSV, for an ingest and for a connected dataset, with and without a schema: nothing may
/// trap, and neither the pieces in which they come, whose size is the last byte's, nor the vector kernel may
/// make a difference.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzCsv(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    precondition(CsvTorture.run(bytes, pieceBytes: 1 + Int(bytes.last ?? 0)), "the way matters")
    return 0
}
