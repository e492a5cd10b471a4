/// Unpacks the bytes, or packs them, damages the outcome and unpacks that: nothing may trap, and what unpacks
/// undamaged must be what was packed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzUnpack(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: data, count: size).map { $0 }
    precondition(UnpackTorture.run(bytes), "another file came out")
    return 0
}
