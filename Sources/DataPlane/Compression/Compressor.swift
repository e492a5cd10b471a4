import Model

/// Packs bytes as they come, flushed where a reader must be able to go on.
public struct Compressor {
    public enum Flush: Sendable {
        /// Packs as much as is worth it; the rest waits.
        case none
        /// Everything given so far can be unpacked from what came out so far.
        case block
        /// As `block`, and the member or frame is whole. What is given next begins another.
        case end
    }

    private let encoder: (any StreamEncoder)?

    /// - Parameter level: from 1, fast, to 9 (gzip) or 22 (zstd); what lies beyond is taken as the nearest.
    /// - Throws: `RetryableFault` if there is no memory for it.
    public init(_ coding: ContentCoding, level: Int = 1) throws {
        switch coding {
        case .identity: encoder = nil
        case .gzip: encoder = try Self.required(GzipEncoder(level: min(max(level, 1), 9)))
        case .zstd: encoder = try Self.required(ZstdEncoder(level: min(max(level, 1), 22)))
        }
    }

    /// What comes out for these bytes, which may be nothing yet.
    /// - Throws: `RetryableFault` if there is no memory.
    public func compress(_ bytes: [UInt8], flush: Flush) throws -> [UInt8] {
        guard let encoder else { return bytes }
        return try Self.required(encoder.encode(bytes, flush: flush))
    }

    private static func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw RetryableFault.outOfMemory }
        return value
    }
}
