internal import Model

/// The text format of Prometheus, version 0.0.4.
struct PrometheusText {
    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var text = ""

    /// One number.
    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Double) {
        describe(name, kind, help)
        sample(name, value)
    }

    /// One number for each set of labels.
    mutating func add(
        _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: [(String, String)], value: Int)]
    ) {
        describe(name, kind, help)
        for (labels, value) in samples { sample(name + Self.braces(labels), Double(value)) }
    }

    mutating func add(_ name: String, _ help: String, _ histogram: Histogram) {
        describe(name, .histogram, help)
        for (bound, count) in zip(histogram.bounds, histogram.cumulativeCounts) {
            let seconds = Self.number(Double(bound) / 1_000_000)
            sample(name + "_bucket" + Self.braces([("le", seconds)]), Double(count))
        }
        sample(name + "_bucket" + Self.braces([("le", "+Inf")]), Double(histogram.count))
        sample(name + "_sum", histogram.seconds)
        sample(name + "_count", Double(histogram.count))
    }

    private mutating func describe(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func sample(_ name: String, _ value: Double) {
        text += "\(name) \(Self.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
    }

    private static func braces(_ labels: [(String, String)]) -> String {
        "{" + labels.map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
    }
}
