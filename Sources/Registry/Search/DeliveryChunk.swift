/// What one access delivered of up to 1,024 owners with neighbouring numbers.
///
/// An access to the rows of very many owners, a crowd, would change a page of the index for each of them if
/// every delivery stood beside the others of its owner. In chunks it changes a page or two for a thousand,
/// and whoever asks for one owner reads a chunk for each access to the rows of his neighbours.
///
/// As stored: for each owner, ascending, how far his place is from the one before, his rows, and the number
/// of the list of fields, in base 128 with the lowest digit first and the highest bit of all but the last
/// set.
struct DeliveryChunk: Hashable {
    static let width: Int64 = 1024

    struct Item: Hashable {
        var rows: Int
        /// The number of their list.
        var fields: Int64
    }

    private var items: [Int64: Item] = [:]

    /// The chunk that an owner falls into.
    static func number(of owner: Int64) -> Int64 { owner / width }

    init() {}

    var isEmpty: Bool { items.isEmpty }

    subscript(owner: Int64) -> Item? {
        get { items[owner % Self.width] }
        set { items[owner % Self.width] = newValue }
    }

    /// Of an owner who is there already the rows are added up.
    mutating func add(_ owner: Int64, _ item: Item) {
        items[owner % Self.width, default: Item(rows: 0, fields: item.fields)].rows += item.rows
    }
}

extension DeliveryChunk {
    /// Nil if the bytes are no chunk.
    init?(_ stored: [UInt8]) {
        var items: [Int64: Item] = [:]
        guard Self.visit(stored, { items[$0] = $1 }) else { return nil }
        self.items = items
    }

    /// Calls `body` with the place of each owner in the chunk, ascending, and what went of his rows.
    /// - Returns: false if the bytes are no chunk.
    static func visit(_ stored: [UInt8], _ body: (_ place: Int64, Item) -> Void) -> Bool {
        var reader = Digits(stored)
        var place: Int64 = -1
        while !reader.isAtEnd {
            guard let step = reader.next(), let rows = reader.next(), let fields = reader.next(),
                step > 0, step <= width, place + step < width
            else { return false }
            place += step
            body(place, Item(rows: Int(rows), fields: fields))
        }
        return true
    }

    var stored: [UInt8] {
        var output: [UInt8] = []
        var last: Int64 = -1
        for (place, item) in items.sorted(by: { $0.key < $1.key }) {
            for number in [place - last, Int64(item.rows), item.fields] { Digits.write(number, to: &output) }
            last = place
        }
        return output
    }

    /// Numbers that are not negative, in base 128.
    private struct Digits {
        private let bytes: [UInt8]
        private var place = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { place == bytes.count }

        /// Nil at the end, and where there is no number of 63 bits.
        mutating func next() -> Int64? {
            var (value, shift): (Int64, Int64) = (0, 0)
            while place < bytes.count, shift < 63 {
                let byte = Int64(bytes[place])
                place += 1
                value |= (byte & 0x7F) << shift
                if byte < 0x80 { return value }
                shift += 7
            }
            return nil
        }

        /// A negative number, which only a damaged file has, is not read again.
        static func write(_ number: Int64, to output: inout [UInt8]) {
            var rest = UInt64(bitPattern: number)
            while rest > 0x7F {
                output.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            output.append(UInt8(rest))
        }
    }
}
