extension String {
    /// The longest run of combining marks in text that is safe to process as a stream (UAX #15 section 13,
    /// Stream-Safe Text Format). Real writing needs a handful.
    public static let maximumCombiningMarks = 30

    /// Whether no run of combining marks is longer than `maximumCombiningMarks`.
    ///
    /// Swift compares and hashes strings by canonical equivalence, for which each such run is sorted, in
    /// quadratic time: one name of a megabyte of marks would hold a thread for minutes. Text from outside
    /// becomes a key or is compared only after this. Takes linear time.
    public var isStreamSafe: Bool {
        // No combining mark is below U+0300, whose first byte in UTF-8 is 0xCC.
        guard utf8.contains(where: { $0 >= 0xCC }) else { return true }
        var run = 0
        for scalar in unicodeScalars {
            run = Self.isCombining(scalar) ? run + 1 : 0
            if run > Self.maximumCombiningMarks { return false }
        }
        return true
    }

    /// Three Tibetan vowel signs are no marks themselves but decompose into nothing but marks.
    private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\u{F73}", "\u{F75}", "\u{F81}": true
        default: scalar.value >= 0x300 && scalar.properties.canonicalCombiningClass != .notReordered
        }
    }
}
