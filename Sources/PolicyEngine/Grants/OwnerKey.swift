/// The name of an owner as grants are found by it: exact, and of one size.
///
/// A person is the 128 bits of the UUID; whoever has another name gets a number from the caller, who keeps
/// which is whose. Two owners never share a key, so nothing is compared but the key.
public struct OwnerKey: Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The owner with a number: high bits that no UUID has.
    public init(number: UInt32) { self.init(high: 0, low: UInt64(number)) }
}
