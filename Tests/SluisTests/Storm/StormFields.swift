/// Some of the fields of the storm's dataset.
struct StormFields: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let plane = StormFields(rawValue: 1)
    static let seat = StormFields(rawValue: 2)
    static let fare = StormFields(rawValue: 4)
    static let all: StormFields = [.plane, .seat, .fare]

    private static let named: [(name: String, field: StormFields)] = [
        ("plane", .plane), ("seat", .seat), ("fare", .fare),
    ]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Those of these names; others stand for nothing.
    init(_ names: some Sequence<String>) {
        self = Self.named.filter { names.contains($0.name) }.reduce(into: []) { $0.insert($1.field) }
    }

    /// In the order of the dataset.
    var names: [String] { Self.named.filter { contains($0.field) }.map(\.name) }
}
