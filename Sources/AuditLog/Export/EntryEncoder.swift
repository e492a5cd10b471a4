/// Writes entries of the log in a format for other programs, one by one: an export of any size needs the
/// memory of one entry.
public protocol EntryEncoder: Sendable {
    /// What comes before the first entry.
    var header: [UInt8] { get }

    /// One entry with what ends it.
    ///
    /// - Throws: what making a proof throws.
    func encode(_ index: UInt64, _ entry: [UInt8]) throws -> [UInt8]
}

/// An export of a part of the log, piece by piece, as fast as it is taken.
///
/// ```swift
/// var export = log.export(0..<size, as: CSVEncoder())
/// while let piece = try export.next() { try await response.write(piece) }
/// ```
public struct EntryExport {
    /// A piece is given out once it is so long.
    private static let pieceBytes = 64 << 10

    private let encoder: any EntryEncoder
    private var reader: EntryReader
    private var rest: Range<UInt64>
    private var isBegun = false

    init(_ reader: EntryReader, _ range: Range<UInt64>, as encoder: any EntryEncoder) {
        self.reader = reader
        self.encoder = encoder
        rest = range
    }

    /// The next piece of 64 KiB or a little more, less at the end; nil when there is no more.
    ///
    /// - Throws: `LogError` if the log cannot be read, or what the encoder throws.
    public mutating func next() throws -> [UInt8]? {
        var piece = isBegun ? [] : encoder.header
        isBegun = true
        while piece.count < Self.pieceBytes, let index = rest.first {
            piece += try encoder.encode(index, reader.entry(at: index))
            rest = index + 1..<rest.upperBound
        }
        return piece.isEmpty ? nil : piece
    }
}

extension AuditLog {
    /// Exports entries of the published log. A range that reaches beyond it makes `next` throw.
    public func export(_ range: Range<UInt64>, as encoder: any EntryEncoder) -> EntryExport {
        EntryExport(entryReader, range, as: encoder)
    }
}
