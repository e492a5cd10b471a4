import Model

/// Finds the type of a column from all its values, in one pass.
///
/// The narrowest of boolean, integer, decimal, date and datetime that every value has, else string. A column
/// without values is string. Codes such as `01130` make a column string, because no number begins with 0.
struct TypeInference: Sendable {
    private static let narrowestFirst: [FieldType] = [.boolean, .integer, .decimal, .date, .datetime]

    /// Bit k: every value so far has the k-th of `narrowestFirst`.
    private var candidates: UInt8 = 0b11111
    private var hasValues = false

    mutating func observe(_ text: Span<UInt8>) {
        hasValues = true
        guard candidates != 0 else { return }
        for (index, type) in Self.narrowestFirst.enumerated()
        where candidates >> index & 1 == 1 && !type.accepts(text) {
            candidates &= ~(1 << index)
        }
    }

    var type: FieldType {
        hasValues && candidates != 0 ? Self.narrowestFirst[candidates.trailingZeroBitCount] : .string
    }
}
