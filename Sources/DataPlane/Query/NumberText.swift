/// A number as JSON writes it, taken apart so that it can be compared without arithmetic on its digits.
///
/// It is `sign × 0.d1d2d3... × 10^exponent` with `d1` not zero, exact whatever its length.
struct NumberText {
    /// Of an exponent in a condition. Stored ones may have more: they count as beyond all that a condition
    /// can name, on the side of zero, because ingest takes no number that is too large.
    private static let maximumExponentDigits = 18
    private static let beyond = 4_000_000_000_000_000_000

    /// 0 for every way to write zero.
    let sign: Int
    /// From the first digit that is not zero to the end of the digits; a point may stand among them.
    let digits: Range<Int>
    let exponent: Int

    /// `text[range]` is a number; of other texts the result means nothing.
    @inline(__always)
    init(_ text: Span<UInt8>, _ range: Range<Int>) {
        var index = range.lowerBound
        let isNegative = index < range.upperBound && text[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        var first: Int?
        var point: Int?
        while index < range.upperBound {
            let byte = text[index]
            if byte &- 48 < 10 {
                if first == nil, byte != UInt8(ascii: "0") { first = index }
            } else if byte == UInt8(ascii: ".") {
                point = index
            } else {
                break
            }
            index += 1
        }
        guard let first else {
            sign = 0
            digits = index..<index
            exponent = 0
            return
        }
        sign = isNegative ? -1 : 1
        digits = first..<index
        let unit = point ?? index
        let shift = first < unit ? unit - first : unit + 1 - first
        let hasExponent = index < range.upperBound
        exponent = hasExponent ? shift + Self.exponent(text, index + 1..<range.upperBound) : shift
    }

    private static func exponent(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        var isNegative = false
        if index < range.upperBound, text[index] &- 48 >= 10 {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        var value = 0
        while index < range.upperBound, value < beyond {
            value = value < 100_000_000_000_000_000 ? 10 * value + Int(text[index] &- 48) : beyond
            index += 1
        }
        return isNegative ? -value : value
    }

    /// Whether the exponent of a number in a condition is one that can be told from every stored one.
    static func canCompare(with text: String) -> Bool {
        guard let start = text.utf8.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return true }
        let digits = text.utf8[start...].drop { $0 &- 49 >= 9 }
        return digits.count <= maximumExponentDigits
    }
}

extension NumberText {
    /// How this number of `text` stands to one with this sign, exponent and, in `pool`, these digits.
    @inline(__always)
    func order(
        _ text: Span<UInt8>, toSign otherSign: Int, _ otherExponent: Int, _ pool: Span<UInt8>,
        _ otherDigits: Range<Int>
    ) -> ValueOrder {
        guard sign == otherSign else { return sign < otherSign ? .less : .greater }
        guard sign != 0 else { return .equal }
        let isFurther: Bool
        if exponent != otherExponent {
            isFurther = exponent > otherExponent
        } else {
            let distance = distance(text, pool, otherDigits)
            guard distance != .equal else { return .equal }
            isFurther = distance == .greater
        }
        return isFurther == (sign > 0) ? .greater : .less
    }

    /// By digits alone.
    @inline(__always)
    private func distance(_ text: Span<UInt8>, _ pool: Span<UInt8>, _ others: Range<Int>) -> ValueOrder {
        var other = others.lowerBound
        for index in digits where text[index] != UInt8(ascii: ".") {
            let digit = other < others.upperBound ? pool[other] : UInt8(ascii: "0")
            guard text[index] == digit else { return text[index] < digit ? .less : .greater }
            other += 1
        }
        return other < others.upperBound ? .less : .equal
    }
}
