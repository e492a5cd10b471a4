import TestSupport

/// What is published in the storm: rows whose cells tell which row they are of, wherever they turn up.
struct StormTable: Sendable {
    static let owners = 100
    /// Of one owner.
    static let keysOfEach = 3
    static let keys = owners * keysOfEach
    static let rows = 20_000
    /// How many digits a fare has behind the point: they hardly compress.
    private static let digits = 216

    /// By row: the number of the owner key; `keys` for a row that belongs to nobody.
    let keyOfRow: [Int]
    private let keyTexts: [[UInt8]]
    private let seatTexts: [[UInt8]]
    private let fareTexts: [[UInt8]]
    /// By key: its rows, in the order in which they are stored, and in their original order.
    private var stored: [[Int32]] = []
    private var original: [[Int32]] = []
    /// By row: its place among the stored ones.
    private var ranks: [Int32] = []

    init(using random: inout SeededGenerator) {
        var keyOfRow: [Int] = []
        var fares: [[UInt8]] = []
        for row in 0..<Self.rows {
            // Now and then nobody's.
            keyOfRow.append(Int.random(in: 0...Self.keys, using: &random))
            var fare = Array("\(row).".utf8)
            while fare.count < Self.digits {
                fare += Array(
                    String(UInt64.random(in: 100_000_000_000_000_000..<1 << 62, using: &random)).utf8)
            }
            fares.append(fare)
        }
        self.keyOfRow = keyOfRow
        keyTexts = (0..<Self.keys).map { Array(Self.name(ofKey: $0).utf8) } + [Array("NA".utf8)]
        seatTexts = (0..<Self.rows).map { Array(String($0).utf8) }
        fareTexts = fares
        original = Self.grouped(Array(0..<Self.rows), by: keyOfRow)
    }

    /// The first of an owner is as `TestExchange` links it.
    static func name(ofKey key: Int) -> String {
        let (owner, number) = (key / keysOfEach, key % keysOfEach)
        return number == 0 ? "K\(owner)" : "K\(owner)-\(number)"
    }

    static func key(named name: String) -> Int? {
        let parts = name.dropFirst().split(separator: "-").map { Int($0) }
        guard name.first == "K", let owner = parts.first ?? nil else { return nil }
        return owner * keysOfEach + (parts.count > 1 ? parts[1] ?? 0 : 0)
    }

    var csv: String {
        var bytes = Array("plane,seat,fare\n".utf8)
        for row in 0..<Self.rows {
            bytes += keyTexts[keyOfRow[row]] + [UInt8(ascii: ",")] + seatTexts[row] + [UInt8(ascii: ",")]
            bytes += fareTexts[row] + [UInt8(ascii: "\n")]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Tells in which order the hub keeps the rows that belong to somebody, which it does not promise.
    mutating func store(in order: [Int]) {
        stored = Self.grouped(order, by: keyOfRow)
        ranks = [Int32](repeating: -1, count: Self.rows)
        for (rank, row) in order.enumerated() { ranks[row] = Int32(rank) }
    }

    /// The rows of a key as they come in an answer.
    func rows(ofKey key: Int, isOriginalOrder: Bool) -> [Int32] {
        isOriginalOrder ? original[key] : stored[key]
    }

    /// The place of a row in an answer in which every row is.
    func rank(_ row: Int32, isOriginalOrder: Bool) -> Int32 {
        isOriginalOrder ? row : ranks[Int(row)]
    }

    func cell(_ field: StormFields, ofRow row: Int) -> [UInt8] {
        switch field {
        case .plane: keyTexts[keyOfRow[row]]
        case .seat: seatTexts[row]
        default: fareTexts[row]
        }
    }

    func keyText(_ key: Int) -> [UInt8] { keyTexts[key] }

    private static func grouped(_ order: [Int], by keyOfRow: [Int]) -> [[Int32]] {
        var groups = [[Int32]](repeating: [], count: keys + 1)
        for row in order { groups[keyOfRow[row]].append(Int32(row)) }
        return groups
    }
}
