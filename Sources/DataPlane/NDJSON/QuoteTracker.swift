/// Follows the quotes of JSON text, read from its start, whatever else is wrong with it.
struct QuoteTracker: Sendable {
    private(set) var isInside = false
    private var isEscaped = false
    /// Bytes taken, and how many there were when the string began that is open.
    private var count = 0
    private(set) var start = 0

    mutating func take(_ bytes: [UInt8], _ range: Range<Int>) {
        for index in range {
            let byte = bytes[index]
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isInside.toggle()
                start = count + index - range.lowerBound
            } else if isInside, byte == UInt8(ascii: "\\") {
                isEscaped = true
            }
        }
        count += range.count
    }
}
