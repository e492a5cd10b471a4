/// Fixed-width integers of the stored files, least significant byte first.
extension Array<UInt8> {
    @inline(__always)
    mutating func append16(_ value: Int) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    @inline(__always)
    mutating func append32(_ value: Int) {
        append16(value)
        append16(value >> 16)
    }

    mutating func append64(_ value: UInt64) {
        append32(Int(value & 0xFFFF_FFFF))
        append32(Int(value >> 32))
    }
}
