import Model

@testable import sluis

/// The entries of the log that tell of the storm since its last pause.
struct StormBook: Sendable {
    struct Stream: Sendable {
        /// The index and the entry of what was decided; of a small answer also of what was sent.
        var decision: (index: Int64, entry: JSON)
        /// Of what was sent; nil until it has ended.
        var completion: (index: Int64, entry: JSON)?
        /// Whether a small answer was taken back: it never left.
        var isTakenBack = false
    }

    private let agreements: Set<String>
    /// By their names.
    private(set) var streams: [String: Stream] = [:]
    /// Changes of grants, by index.
    private(set) var grants: [Int64: JSON] = [:]
    private(set) var first = Int64.max
    private(set) var last: Int64 = -1
    private(set) var faults: [String] = []

    /// - Parameter agreements: those of the storm; there are others.
    init(of agreements: Set<String>) { self.agreements = agreements }

    mutating func add(_ index: Int64, _ entry: JSON) {
        guard agreements.contains(entry["agreement"]?.string ?? "") else { return }
        let type = entry["type"]?.string ?? ""
        guard type.hasPrefix("grant.") || type.hasPrefix("access") else { return }
        (first, last) = (min(first, index), max(last, index))
        if type.hasPrefix("grant.") { grants[index] = entry }
        guard type.hasPrefix("access"), let name = entry["stream"]?.string else { return }
        switch type {
        case "access": streams[name] = Stream(decision: (index, entry), completion: (index, entry))
        case "access.decided": streams[name] = Stream(decision: (index, entry))
        default:
            guard var stream = streams[name] else { return faults.append("stream \(name) ends twice") }
            if let corrected = entry["corrects"]?.integer {
                if stream.decision.index != corrected { faults.append("\(index) corrects another stream") }
                stream.isTakenBack = true
            } else {
                if stream.completion != nil { faults.append("stream \(name) ends twice") }
                stream.completion = (index, entry)
            }
            streams[name] = stream
        }
    }

    /// Whether every stream that was permitted has its end.
    var isComplete: Bool {
        streams.values.allSatisfy { $0.completion != nil || $0.decision.entry["decision"] == "deny" }
    }
}
