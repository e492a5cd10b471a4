/// Fixed-width integers of the stored files, least significant byte first.
extension Span<UInt8> {
    @inline(__always)
    func load16(_ offset: Int) -> Int { Int(self[offset]) | Int(self[offset + 1]) << 8 }

    @inline(__always)
    func load32(_ offset: Int) -> Int { load16(offset) | load16(offset + 2) << 16 }
}

extension [UInt8] {
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
}
