import Foundation

/// SplitMix64 (Steele, Lea, Flood 2014): a test's source of chance, the same for the same seed on every
/// machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// Of this run: `SLUIS_SEED` to replay one, else a new one.
    public static let seed =
        ProcessInfo.processInfo.environment["SLUIS_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 1...UInt64(UInt32.max))

    private var state: UInt64

    public init(seed: UInt64 = Self.seed) { state = seed }

    /// With the seed of this run, which is printed so that a failure can be replayed.
    public static func announced(_ test: String) -> SeededGenerator {
        SeededGenerator(seed: announcedSeed(test))
    }

    /// The seed of this run, printed.
    public static func announcedSeed(_ test: String) -> UInt64 {
        print("\(test): SLUIS_SEED=\(seed)")
        return seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    public mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    public mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &self) < percent
    }

    /// One of these; there is at least one.
    public mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self)]
    }

    /// Some of these, at least one, in their order.
    public mutating func some<Element>(of elements: [Element]) -> [Element] {
        let chosen = elements.filter { _ in chance(50) }
        return chosen.isEmpty ? [pick(elements)] : chosen
    }
}

/// What a failure of a random test says besides the values.
public var replay: String { "replay with SLUIS_SEED=\(SeededGenerator.seed)" }
