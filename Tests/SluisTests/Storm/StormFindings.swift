/// What is wrong, and how much was looked at.
struct StormFindings: Sendable {
    var faults: [String] = []
    var count = StormCount()

    static func += (all: inout StormFindings, more: StormFindings) {
        all.faults += more.faults
        all.count += more.count
    }
}
