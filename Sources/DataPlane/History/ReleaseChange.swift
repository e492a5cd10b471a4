/// What an owner filter released of one owner's rows before and after it was changed.
public struct ReleaseChange: Hashable, Sendable {
    public var ordinal: UInt32
    public var before: FieldSet
    public var after: FieldSet

    public init(ordinal: UInt32, before: FieldSet, after: FieldSet) {
        self.ordinal = ordinal
        self.before = before
        self.after = after
    }
}
