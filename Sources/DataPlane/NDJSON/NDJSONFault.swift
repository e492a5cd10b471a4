/// The first thing wrong with a line, as the scanner found it.
struct NDJSONFault: Error, Hashable {
    var reason: BadLine.Reason
    /// From 0, in bytes of the line.
    var offset: Int
    /// What to show of the line, among the row's bytes.
    var value: Range<Int>
    /// The index of the member in whose value it lies.
    var member: Int?
    /// What is wrong, where the reason alone says too little.
    var detail: String?
}
