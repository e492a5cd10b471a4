/// A decimal number with eighteen places, exact: `5.00` equals `5`, `0.1 + 0.2` is `0.3`.
///
/// What has more places or more than twenty digits before the point is not a number here: the caller is told
/// rather than given a rounded one.
struct FixedDecimal: Hashable, Comparable, Sendable {
    /// The number times 10^18.
    let scaled: Int128

    static let places = 18
    static let one = FixedDecimal(scaled: Int128(1_000_000_000_000_000_000))
    static let zero = FixedDecimal(scaled: 0)

    init(scaled: Int128) { self.scaled = scaled }

    init(_ integer: Int64) { scaled = Int128(integer) * Self.one.scaled }

    static func < (a: FixedDecimal, b: FixedDecimal) -> Bool { a.scaled < b.scaled }

    var isInteger: Bool { scaled % Self.one.scaled == 0 }

    /// Reads the lexical forms of xsd:decimal, xsd:integer and xsd:double (XML Schema 1.1 Part 2 sections
    /// 3.3.3 and 3.3.5) but `INF` and `NaN`; nil for anything else and for what does not fit.
    init?(_ text: some StringProtocol) {
        var digits = Digits()
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "+") {
            digits.isNegative = bytes.removeFirst() == UInt8(ascii: "-")
        }
        guard bytes.count <= 64, digits.readMantissa(&bytes), digits.readExponent(&bytes), bytes.isEmpty,
            let scaled = digits.scaled
        else { return nil }
        self.scaled = scaled
    }

    /// The digits of a number on the way to being one.
    private struct Digits {
        var isNegative = false
        private var significand: [UInt8] = []
        /// How many of them stand after the point.
        private var fraction = 0
        private var exponent = 0

        mutating func readMantissa(_ bytes: inout ArraySlice<UInt8>) -> Bool {
            var hasPoint = false
            while let byte = bytes.first {
                if (48...57).contains(byte) {
                    significand.append(byte - 48)
                    fraction += hasPoint ? 1 : 0
                } else if byte == UInt8(ascii: "."), !hasPoint {
                    hasPoint = true
                } else {
                    break
                }
                bytes.removeFirst()
            }
            return !significand.isEmpty
        }

        mutating func readExponent(_ bytes: inout ArraySlice<UInt8>) -> Bool {
            guard bytes.first == UInt8(ascii: "e") || bytes.first == UInt8(ascii: "E") else { return true }
            bytes.removeFirst()
            guard let value = Int(String(decoding: bytes, as: UTF8.self)), abs(value) <= 64 else {
                return false
            }
            exponent = value
            bytes = []
            return true
        }

        var scaled: Int128? {
            var shift = FixedDecimal.places + exponent - fraction
            var digits = significand[...]
            while shift < 0, let last = digits.last {
                guard last == 0 else { return nil }
                digits.removeLast()
                shift += 1
            }
            var value: Int128 = 0
            for digit in digits + Array(repeating: 0, count: max(0, shift)) {
                let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
                let (sum, tooLargeToo) = product.addingReportingOverflow(Int128(digit))
                guard !tooLarge, !tooLargeToo else { return nil }
                value = sum
            }
            return isNegative ? -value : value
        }
    }
}

extension FixedDecimal: CustomStringConvertible {
    /// Without an exponent and without zeros at the end: `5`, `-0.25`.
    var description: String {
        let (whole, rest) = scaled.magnitude.quotientAndRemainder(dividingBy: Self.one.scaled.magnitude)
        var fraction = String(rest)
        fraction = String(repeating: "0", count: Self.places - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (scaled < 0 ? "-" : "") + String(whole) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
