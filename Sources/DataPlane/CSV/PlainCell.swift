/// A cell that can be copied as it stands in a text, and how it is then written.
struct PlainCell {
    let start: Int
    let end: Int
    let isQuoted: Bool
    /// Whether its text is listed as a null marker.
    private let isMarker: Bool

    /// - Parameters:
    ///   - start: where it lies in the text, its quotes included; behind it is a delimiter.
    @inline(__always)
    init(_ text: Span<UInt8>, _ start: Int, _ end: Int, _ nullMarkers: NullMarkers) {
        self.start = start
        self.end = end
        isQuoted = text[start] == UInt8(ascii: "\"")
        let margin = isQuoted ? 1 : 0
        isMarker = nullMarkers.contains(text.extracting(start &+ margin..<end &- margin))
    }

    /// A quoted cell never is.
    var isNull: Bool {
        @inline(__always) get { isMarker && !isQuoted }
    }

    /// Whether it is a text without a byte that no quotes show to be one.
    var isEmptyText: Bool {
        @inline(__always) get { !isQuoted && start == end }
    }

    /// Without its quotes.
    var value: Range<Int> {
        @inline(__always) get { isQuoted ? start &+ 1..<end &- 1 : start..<end }
    }

    /// Whether its quotes are left out: nobody would take its text for something else.
    @inline(__always)
    func isWrittenBare(_ text: Span<UInt8>) -> Bool {
        guard isQuoted, !isMarker else { return false }
        return !value.isEmpty && !CSVText.hasDelimiters(text.extracting(value))
    }
}
