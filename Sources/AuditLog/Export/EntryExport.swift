/// An export of entries of the log, piece by piece, as fast as it is taken.
///
/// ```swift
/// var export = log.export(0..<size, as: CSVEncoder())
/// while let piece = try export.next() { try await response.write(piece) }
/// ```
public struct EntryExport {
    /// The indexes of the entries, in their order, some at a time; nil at the end.
    public typealias Pages = () throws -> [UInt64]?

    /// A piece is given out once it is so long.
    private static let pieceBytes = 64 << 10

    private let encoder: any EntryEncoder
    private let pages: Pages
    private var reader: EntryReader
    private var page: ArraySlice<UInt64> = []
    private var isBegun = false

    init(_ reader: EntryReader, as encoder: any EntryEncoder, pages: @escaping Pages) {
        self.reader = reader
        self.encoder = encoder
        self.pages = pages
    }

    /// The next piece of 64 KiB or a little more, less at the end; nil when there is no more.
    ///
    /// - Throws: `LogError` if the log cannot be read, or what the encoder or the pages throw.
    public mutating func next() throws -> [UInt8]? {
        var piece = isBegun ? [] : encoder.header
        isBegun = true
        while piece.count < Self.pieceBytes, let index = try nextIndex() {
            piece += try encoder.encode(index, reader.entry(at: index))
        }
        return piece.isEmpty ? nil : piece
    }

    private mutating func nextIndex() throws -> UInt64? {
        while page.isEmpty {
            guard let next = try pages() else { return nil }
            page = next[...]
        }
        return page.popFirst()
    }
}

extension AuditLog {
    private static let indexesAPage: UInt64 = 4096

    /// Exports entries of the published log. What reaches beyond it makes `next` throw.
    public func export(as encoder: any EntryEncoder, pages: @escaping EntryExport.Pages) -> EntryExport {
        EntryExport(entryReader, as: encoder, pages: pages)
    }

    /// Exports all entries of a range.
    public func export(_ range: Range<UInt64>, as encoder: any EntryEncoder) -> EntryExport {
        var rest = range
        return export(as: encoder) {
            let page = rest.prefix(Int(Self.indexesAPage))
            rest = rest.dropFirst(page.count)
            return page.isEmpty ? nil : Array(page)
        }
    }
}
