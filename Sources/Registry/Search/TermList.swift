internal import Model

/// Goes through the list of one term in the order of a query, chunk by chunk.
///
/// It reads ahead, a row at first and then more and more: most queries end in the first chunk, and the long
/// ones should not ask for every row by itself.
struct TermList {
    private static let longestRead = 32

    private let reader: SearchReader
    private let term: Term
    private let order: EntryQuery.Order
    /// In reverse, so that the next one is the last.
    private var ahead: [SearchReader.Part] = []
    private var readLength = 1
    private var isAtEnd = false

    init(_ reader: SearchReader, _ term: Term, _ order: EntryQuery.Order) {
        self.reader = reader
        self.term = term
        self.order = order
    }

    /// The nearest part of the list from the chunk `number` on; nil if there is none. To be asked for ever
    /// later chunks.
    mutating func nearest(from number: Int64) throws -> SearchReader.Part? {
        while let next = ahead.last, isBefore(next.number, number) { ahead.removeLast() }
        if ahead.isEmpty, !isAtEnd {
            let read = try reader.parts(term, from: number, order, limit: readLength)
            isAtEnd = read.count < readLength
            readLength = min(readLength * 2, Self.longestRead)
            ahead = read.reversed()
        }
        return ahead.last
    }

    private func isBefore(_ a: Int64, _ b: Int64) -> Bool { order == .newestFirst ? a > b : a < b }
}
