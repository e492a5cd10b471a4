import Model

/// Finds the type of a column from all its values, in one pass.
///
/// The narrowest of boolean, integer, decimal, date and datetime that every value has, else string. A column
/// without values is string. Codes such as `01130` make a column string, because no number begins with 0.
/// Where the file says whether a value is a string, a number or a boolean, that counts too.
struct TypeInference: Sendable {
    /// Bit k: every value so far has the k-th type, narrowest first.
    private var candidates: UInt8 = 0b11111
    private var hasValues = false

    @inline(__always)
    mutating func observe(_ text: Span<UInt8>, as kind: ValueKind) {
        switch kind {
        case .untyped: break
        case .string: candidates &= 0b11000
        case .number: candidates &= 0b00110
        case .boolean: candidates &= 0b00001
        }
        observe(text)
    }

    /// Tests the types that are left, from the narrowest on, up to one that the text has: those which go
    /// without a test are none that it has, but for an integer, which is a decimal too.
    mutating func observe(_ text: Span<UInt8>) {
        hasValues = true
        while candidates != 0 {
            let narrowest = candidates.trailingZeroBitCount
            let type = Self.type(narrowest)
            if type.accepts(text) {
                candidates &= type == .integer ? 0b00110 : 1 << UInt8(narrowest)
                return
            }
            candidates &= candidates - 1
        }
    }

    var type: FieldType {
        hasValues && candidates != 0 ? Self.type(candidates.trailingZeroBitCount) : .string
    }

    @inline(__always)
    private static func type(_ rank: Int) -> FieldType {
        switch rank {
        case 0: .boolean
        case 1: .integer
        case 2: .decimal
        case 3: .date
        default: .datetime
        }
    }
}
