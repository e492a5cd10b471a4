import Model

/// The bad lines of one ingest: the first hundred and how many there are.
struct BadLineReport {
    static let maximumKept = 100

    private(set) var lines: [BadLine] = []
    private(set) var count = 0
    private(set) var hasLostStructure = false

    mutating func add(_ line: BadLine) {
        count += 1
        if lines.count < Self.maximumKept { lines.append(line) }
        if line.reason.losesStructure { hasLostStructure = true }
    }

    /// What to throw when the file is refused for them.
    func fault(policy: IngestShape.BadLinePolicy) -> BadLinesFault {
        let first = lines.first
        let place = first.map { "; the first is line \($0.line), column \($0.column): \($0.message)" } ?? ""
        let why = policy == .quarantine ? ", and beyond a broken quote no line can be trusted" : ""
        let fault = ClientFault(
            .unprocessable, "bad_lines",
            "the file has \(count) bad \(count == 1 ? "line" : "lines")\(why)\(place)",
            field: first?.field, found: first?.value, remedy: first?.remedy)
        return BadLinesFault(fault: fault, badLines: lines, badLineCount: count)
    }
}
