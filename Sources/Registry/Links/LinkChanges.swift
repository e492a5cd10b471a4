public import Model

/// What a list of assertions changed. A key that passed from one owner to another is in both lists.
public struct LinkChanges: Hashable, Sendable {
    public var made: [OwnerLink]
    public var ended: [OwnerLink]

    public init(made: [OwnerLink] = [], ended: [OwnerLink] = []) {
        self.made = made
        self.ended = ended
    }

    public var isEmpty: Bool { made.isEmpty && ended.isEmpty }
}
