import Foundation

/// SplitMix64: a test's source of chance, replayed from the seed that its failures print.
struct SeededGenerator: RandomNumberGenerator {
    /// A new one for each run, or `SLUIS_SEED` to replay one.
    static let seed =
        ProcessInfo.processInfo.environment["SLUIS_SEED"].flatMap(UInt64.init)
        ?? UInt64.random(in: 1...999_999)

    private var state: UInt64

    init(seed: UInt64 = Self.seed) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}

/// What a failure of a random test says besides the values.
var replay: String { "replay with SLUIS_SEED=\(SeededGenerator.seed)" }
