/// Reads the bytes as NDJSON, with and without a schema: nothing may trap, and it must not matter how the
/// file was cut into pieces.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzNdjson(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    precondition(NdjsonTorture.run(bytes, pieceBytes: 1 + bytes.count % 7), "the pieces matter")
    return 0
}
