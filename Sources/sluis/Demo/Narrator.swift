import Foundation
import Model

/// Tells the steps of the demo: what happened, what a reader can recompute, the entry in the log, the time.
final class Narrator {
    private let isJSON: Bool
    private var number = 0
    private var begun = ContinuousClock.now
    private let start = ContinuousClock.now

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// Begins a step, for its time.
    func begin() { begun = .now }

    /// Ends a step.
    ///
    /// - Parameters:
    ///   - facts: counts and the like, in order.
    ///   - entry: the index of the step's entry.
    ///   - check: a command with which a reader can recompute the counts from the file.
    func tell(
        _ what: String, _ facts: KeyValuePairs<String, JSON> = [:], entry: UInt64? = nil, check: String? = nil
    ) throws {
        number += 1
        let milliseconds = Self.milliseconds(since: begun)
        if isJSON {
            var members = Dictionary(
                facts.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
            members["step"] = .integer(Int64(number))
            members["what"] = .string(what)
            members["entry"] = entry.map { .integer(Int64($0)) } ?? .null
            members["milliseconds"] = .integer(milliseconds)
            try StandardOutput.write(JSON.object(members).canonicalText + "\n")
        } else {
            var text = "\(number < 10 ? " " : "")\(number). \(what)\n"
            for (name, value) in facts {
                text += "      \(name.replacing("_", with: " ")): \(Self.plain(value))\n"
            }
            if let check { text += "      recompute: \(check)\n" }
            let place = entry.map { "entry \($0), " } ?? ""
            text += "      (\(place)\(milliseconds) ms)\n"
            try StandardOutput.write(text)
        }
        begin()
    }

    func end() throws {
        if !isJSON { try StandardOutput.write("done in \(Self.milliseconds(since: start)) ms\n") }
    }

    private static func plain(_ value: JSON) -> String {
        if let text = value.string { return text }
        if let list = value.array { return list.compactMap(\.string).joined(separator: ", ") }
        return value.canonicalText
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Int64 {
        let elapsed = ContinuousClock.now - start
        return elapsed.components.seconds * 1000 + elapsed.components.attoseconds / 1_000_000_000_000_000
    }
}
