/// A CSV line that is put together from cells of a text, neighbours in one copy.
struct PlainLine {
    /// In the output.
    private let start: Int
    private var end: Int
    /// What is still to be copied from the text; before its start: nothing.
    private var runStart = -2, runEnd = -2
    private var cells = 0

    @inline(__always)
    init(at start: Int) { (self.start, end) = (start, start) }

    /// Of the cells so far.
    var count: Int {
        @inline(__always) get { end &- start &+ runEnd &- runStart }
    }

    /// Adds a cell that is written as `text[start..<end]`, and the comma before it.
    @inline(__always)
    mutating func append(
        _ text: Span<UInt8>, _ start: Int, _ end: Int, to output: inout MutableSpan<UInt8>
    ) {
        // The byte between is the comma.
        if start != runEnd &+ 1 {
            separate(text, &output)
            runStart = start
        }
        runEnd = end
        cells &+= 1
    }

    /// Adds a cell that is written as two quotes.
    mutating func appendQuotes(_ text: Span<UInt8>, to output: inout MutableSpan<UInt8>) {
        separate(text, &output)
        cells &+= 1
        output[end] = UInt8(ascii: "\"")
        output[end + 1] = UInt8(ascii: "\"")
        end += 2
        (runStart, runEnd) = (-2, -2)
    }

    /// Adds a cell without a byte.
    mutating func appendNothing(_ text: Span<UInt8>, to output: inout MutableSpan<UInt8>) {
        separate(text, &output)
        cells &+= 1
        (runStart, runEnd) = (-2, -2)
    }

    /// Ends the line; where it ends in the output.
    @inline(__always)
    mutating func finish(_ text: Span<UInt8>, to output: inout MutableSpan<UInt8>) -> Int {
        flush(text, &output)
        output[end] = UInt8(ascii: "\n")
        return end + 1
    }

    private mutating func separate(_ text: Span<UInt8>, _ output: inout MutableSpan<UInt8>) {
        flush(text, &output)
        guard cells > 0 else { return }
        output[end] = UInt8(ascii: ",")
        end += 1
    }

    @inline(__always)
    private mutating func flush(_ text: Span<UInt8>, _ output: inout MutableSpan<UInt8>) {
        guard runEnd > runStart else { return }
        output.copy(text, runStart..<runEnd, to: end)
        end += runEnd - runStart
    }
}
