import Model

/// Lines of JSON that come in pieces, of which only the last counts.
struct AnswerLines {
    private(set) var last: JSON?
    private var rest: [UInt8] = []

    /// - Returns: the last line so far that is whole.
    mutating func take(_ bytes: [UInt8]) throws -> JSON? {
        rest += bytes
        let lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        rest = lines.last.map(Array.init) ?? []
        if let line = lines.dropLast().last {
            do { last = try JSON.parse(Array(line)) } catch {
                throw Refusal("the hub's answer is not JSON: \(error)")
            }
        }
        return last
    }
}
