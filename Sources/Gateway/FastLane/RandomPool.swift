internal import Cryptography

/// Random bytes in small pieces: OpenSSL's generator costs as much for one as for many.
///
/// Each byte is given out once. What was given out is forgotten here when the next are drawn.
struct RandomPool {
    private static let drawnBytes = 4096

    private var bytes: [UInt8] = []

    mutating func take(_ count: Int) -> [UInt8] {
        precondition(count <= Self.drawnBytes, "a piece is small")
        if bytes.count < count { bytes = SecureRandom.bytes(Self.drawnBytes) }
        let taken = Array(bytes.suffix(count))
        bytes.removeLast(count)
        return taken
    }
}
