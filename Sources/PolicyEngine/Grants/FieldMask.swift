/// A set of fields of one dataset, by their positions: at most 128.
public struct FieldMask: Hashable, Sendable {
    /// How many fields a mask can tell apart.
    public static let capacity = 128

    public var low: UInt64
    public var high: UInt64

    public init(low: UInt64 = 0, high: UInt64 = 0) {
        self.low = low
        self.high = high
    }

    /// - Precondition: every position is below `capacity`.
    public init(_ positions: some Sequence<Int>) {
        self.init()
        for position in positions { insert(position) }
    }

    public var isEmpty: Bool { low | high == 0 }

    public mutating func insert(_ position: Int) {
        precondition((0..<Self.capacity).contains(position), "a mask has \(Self.capacity) fields")
        if position < 64 { low |= 1 << UInt64(position) } else { high |= 1 << UInt64(position - 64) }
    }

    public func contains(_ position: Int) -> Bool {
        guard (0..<Self.capacity).contains(position) else { return false }
        return position < 64 ? low >> UInt64(position) & 1 == 1 : high >> UInt64(position - 64) & 1 == 1
    }

    public func intersection(_ other: FieldMask) -> FieldMask {
        FieldMask(low: low & other.low, high: high & other.high)
    }
}
