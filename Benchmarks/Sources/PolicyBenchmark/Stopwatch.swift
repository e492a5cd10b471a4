import Glibc

/// Times pieces of work.
enum Stopwatch {
    /// Nanoseconds a step: the median of several runs, and the smallest and the largest.
    static func nanoseconds(runs: Int = 9, steps: Int, _ body: () -> Void) -> Figure {
        body()
        let clock = ContinuousClock()
        let samples = (0..<runs).map { _ in
            let time = clock.measure(body)
            return Double(time.components.seconds) * 1e9 + Double(time.components.attoseconds) / 1e9
        }.map { $0 / Double(steps) }.sorted()
        return Figure(median: samples[runs / 2], smallest: samples[0], largest: samples[runs - 1])
    }

    struct Figure {
        var median: Double, smallest: Double, largest: Double

        func scaled(_ factor: Double) -> Figure {
            Figure(median: median * factor, smallest: smallest * factor, largest: largest * factor)
        }
    }
}

/// Prints `figure NAME VALUE UNIT`, with the spread on a line before it.
func report(_ name: String, _ figure: Stopwatch.Figure, _ unit: String) {
    func text(_ value: Double) -> String {
        let scaled = (value * 1000).rounded() / 1000
        return "\(scaled)"
    }
    print("# \(name): \(text(figure.smallest)) to \(text(figure.largest)) \(unit)")
    print("figure \(name) \(text(figure.median)) \(unit)")
}
