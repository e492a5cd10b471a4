/// One range of bytes as it is asked for (RFC 9110 section 14.1.2).
enum ByteRange: Hashable, Sendable {
    /// From an offset on, to the end or to another offset, which is included.
    case from(Int, through: Int?)
    /// The last bytes.
    case last(Int)

    /// Reads the value of a `Range` field.
    ///
    /// Nil for what is to be ignored: another unit, more than one range, and what is none.
    init?(_ field: String) {
        let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
        let ends = parts[1].filter { $0 != " " && $0 != "\t" }
            .split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        let isOfDigits = ends.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard ends.count == 2, isOfDigits else { return nil }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (nil, nil): return nil
        case (nil, let count?): self = .last(count)
        case (let first?, nil): self = .from(first, through: nil)
        case (let first?, let last?):
            guard first <= last else { return nil }
            self = .from(first, through: last)
        }
    }

    /// Nil for nothing. No answer is as long as the largest number, which stands for all above it.
    private static func number(_ digits: Substring) -> Int? {
        digits.isEmpty ? nil : Int(digits) ?? .max
    }
}

/// A part of a body: which bytes it has, and of how many if that is known.
struct BodyPart: Hashable, Sendable {
    /// Not empty.
    let bytes: Range<Int>
    let totalBytes: Int?

    init(bytes: Range<Int>, ofTotal totalBytes: Int?) {
        self.bytes = bytes
        self.totalBytes = totalBytes
    }

    /// The part that a range is of a body of this length.
    ///
    /// - Throws: `UnsatisfiableRange` if it has no byte of it.
    init(_ range: ByteRange, ofTotal totalBytes: Int) throws(UnsatisfiableRange) {
        let bounds =
            switch range {
            case .from(let first, let last): (first, last.map { min($0, totalBytes - 1) + 1 } ?? totalBytes)
            case .last(let count): (max(0, totalBytes - count), totalBytes)
            }
        guard bounds.0 < bounds.1 else { throw UnsatisfiableRange(totalBytes: totalBytes) }
        self.init(bytes: bounds.0..<bounds.1, ofTotal: totalBytes)
    }

    /// RFC 9110 section 14.4.
    var contentRange: String {
        "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(totalBytes.map(String.init) ?? "*")"
    }
}

/// The body has no byte of the range.
struct UnsatisfiableRange: Error, Hashable {
    let totalBytes: Int

    var contentRange: String { "bytes */\(totalBytes)" }
}
