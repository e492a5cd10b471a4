/// Bytes of a text that are still to be copied to an output: neighbours leave in one piece, over whole rows
/// where rows leave as they came.
struct CopyRun {
    private var start = 0
    private(set) var end = 0

    var count: Int {
        @inline(__always) get { end &- start }
    }

    /// Adds `text[from..<to]`.
    @inline(__always)
    mutating func take(_ text: Span<UInt8>, _ from: Int, _ to: Int, to output: inout OutputSpan<UInt8>) {
        if from != end || start == end {
            flush(text, to: &output)
            start = from
        }
        end = to
    }

    /// Adds a delimiter: the byte behind what was taken last, if it is that.
    @inline(__always)
    mutating func take(_ delimiter: UInt8, _ text: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        if start < end, end < text.count, text[end] == delimiter {
            end &+= 1
        } else {
            flush(text, to: &output)
            output.append(delimiter)
        }
    }

    @inline(__always)
    mutating func flush(_ text: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
        if start < end { _ = output.append(text, start..<end) }
        start = end
    }
}
