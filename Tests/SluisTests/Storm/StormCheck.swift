import Cryptography
import Model

@testable import sluis

/// Holds one read against the log, its side file, and what all owners granted meanwhile.
///
/// All that was granted before the read ended is in the accounts.
struct StormCheck {
    /// What went to the reader by the side file, of one owner key.
    typealias Delivered = (rows: Int, fields: StormFields)

    /// What a withdrawal may still see leave (promise 3), and what the reader's side holds besides: its
    /// kernel, twice the size it was given; and the client, which takes several buffers at a time from it.
    static let onItsWayBytes = (256 << 10) + 2 * PacedClient.receiveBytes + (640 << 10)

    let world: StormWorld
    let read: StormRead
    let stream: StormBook.Stream
    /// Of the read's agreement, by owner.
    let accounts: [StormAccount]
    private(set) var faults: [String]
    /// By owner key.
    private(set) var delivered: [Int: Delivered] = [:]
    private(set) var epochs: [(epoch: Int64, firstByte: Int)] = []
    /// How many keys were held against what must come.
    private(set) var exactKeys = 0
    /// The most bytes that a reader got after the answer of a withdrawal and under an older epoch.
    private(set) var onItsWay = 0
    private let sent: JSON
    /// The first place behind all rows that went, and the first of a row that did not.
    private var (behind, missing): (Int32, Int32) = (0, .max)

    init(
        _ world: StormWorld, _ read: StormRead, _ stream: StormBook.Stream, _ accounts: [StormAccount]
    ) throws {
        (self.world, self.read, self.stream, self.accounts) = (world, read, stream, accounts)
        faults = read.faults
        sent = stream.completion?.entry ?? .null
        epochs = (sent["epochs"]?.array ?? []).compactMap { pair in
            guard let epoch = pair.array?.first?.integer, let byte = pair.array?.last?.integer else {
                return nil
            }
            return (epoch, Int(byte))
        }
        for (name, part) in try world.exchange.delivered(sent) {
            guard let key = StormTable.key(named: name) else {
                faults.append("rows of \(name) went")
                continue
            }
            delivered[key] = (part.rows, StormFields(part.fields))
        }
        checkEntries()
        checkPieces()
        checkReleased()
        if read.part == nil { checkWhole() }
        checkNarrowings()
    }

    var completion: Int64 { stream.completion?.index ?? -1 }

    var isHungUp: Bool { if case .hungUp = read.end { true } else { false } }

    /// Whether it ended before its end.
    var isCut: Bool { sent["status"] == "cut" }

    /// In bytes, by the entry.
    var sentBytes: Int { Int(sent["bytes"]?.integer ?? -1) }

    private mutating func expect(_ holds: Bool, _ rule: String) {
        if !holds { faults.append(rule) }
    }

    // MARK: The entries

    private mutating func checkEntries() {
        let (query, decision) = (read.query, stream.decision.entry)
        expect(!stream.isTakenBack, "what came was taken back")
        expect(decision["decision"] == "permit" && sent["decision"] == "permit", "was not permitted")
        for entry in [decision, sent] {
            expect(entry["fields"] == JSON(query.fields), "other fields than were asked for")
            expect(
                entry["agreement"]?.string == world.agreements[query.agreement].id, "another agreement")
        }
        expect(decision["limit"]?.integer == query.limit.map { Int64($0) }, "another limit")
        let rows = delivered.values.reduce(0) { $0 + $1.rows }
        expect(sent["rows"]?.integer == Int64(rows), "rows of entry and side file differ")
        expect(rows <= query.limit ?? .max, "more rows than the limit")
        expect(epochs.count == sent["epochs"]?.array?.count, "epochs that are none")
        let isInOrder = zip(epochs, epochs.dropFirst()).allSatisfy {
            $0.epoch < $1.epoch && $0.firstByte < $1.firstByte
        }
        expect(isInOrder && epochs.first?.firstByte ?? 0 == 0, "epochs out of order: \(epochs)")
        expect(epochs.isEmpty == (sentBytes == 0), "bytes without an epoch")
        switch read.end {
        case .told(let status, let completion, let salt):
            expect(sent["status"]?.string == status && self.completion == completion, "another end")
            expect(sentBytes == read.bytes, "\(read.bytes) bytes came, \(sentBytes) went")
            let digest = Base64.encodeURL(SHA256.hash(salt + read.digest))
            expect(sent["digest"]?.string == digest, "another digest than of what came")
            expect(decision["where"] == query.conditionDigest(salt), "another condition")
            // Nothing ends an answer early but its agreement.
            let until = world.agreements[query.agreement].until
            let mayBeCut = read.part != nil || until.map { $0 <= read.ended } ?? false
            expect(status == "complete" || mayBeCut, "was cut")
        case .hungUp:
            expect(sentBytes >= read.bytes, "\(read.bytes) bytes came, \(sentBytes) went")
        }
    }

    // MARK: What came

    /// The rows of which the reader knows that they went, each with the offset of its first byte in what was
    /// sent.
    private var knownPieces: ArraySlice<StormPiece> {
        guard let part = read.part else { return read.pieces[...] }
        let end = part.start + sentBytes
        let pieces = part.wholePieces
        guard sentBytes > 0 else { return [] }
        // Up to where the next one begins bytes belong to a row; what lies before the first is a header.
        var first = pieces.partitioningIndex { Int($0.offset) > part.start }
        if first > 0 { first -= 1 }
        let last = pieces.partitioningIndex { Int($0.offset) >= end }
        return first < last ? pieces[first..<last] : []
    }

    /// The side file names what came; and what a reader who hung up does not know of besides.
    private mutating func checkPieces() {
        var came = [Delivered](repeating: (0, []), count: StormTable.keys)
        for piece in knownPieces {
            came[Int(piece.key)].rows += 1
            came[Int(piece.key)].fields.formUnion(piece.fields)
        }
        let isAll = !isHungUp || read.part != nil
        for (key, came) in came.enumerated() {
            let went = delivered[key] ?? (0, [])
            let agree =
                isAll ? came == went : came.rows <= went.rows && came.fields.isSubset(of: went.fields)
            if !agree { faults.append("\(StormTable.name(ofKey: key)): came \(came), went \(went)") }
        }
    }

    /// Under each epoch no row, and of no row a field, of which the owner's terms of that epoch do not tell.
    private mutating func checkReleased() {
        let granted = epochs.map { epoch, _ in
            accounts.enumerated().flatMap { owner, account in
                let terms = account.terms(atEpoch: epoch)
                return (owner * StormTable.keysOfEach..<(owner + 1) * StormTable.keysOfEach)
                    .map { terms?.fields(ofKey: $0) ?? [] }
            }
        }
        var span = 0
        for piece in knownPieces {
            let offset = max(0, Int(piece.offset) - (read.part?.start ?? 0))
            while span + 1 < epochs.count, epochs[span + 1].firstByte <= offset { span += 1 }
            guard span < epochs.count else { break }
            let (key, row) = (Int(piece.key), Int(piece.row))
            let terms = granted[span][key]
            if !piece.fields.isSubset(of: terms) {
                let (name, epoch) = (StormTable.name(ofKey: key), epochs[span].epoch)
                faults.append("\(name) at \(offset) under \(epoch): \(piece.fields), granted \(terms)")
            }
            if row >= 0, !read.query.wants(row: row, key: key, granted: terms) {
                faults.append("row \(row) at \(offset) was not asked for")
            }
        }
        for (key, went) in delivered {
            let most = granted.reduce(into: StormFields()) { $0.formUnion($1[key]) }
            if went.rows <= 0 || !went.fields.isSubset(of: most) {
                faults.append("\(StormTable.name(ofKey: key)): \(went) went under \(epochs)")
            }
        }
    }

    // MARK: What must come

    /// Of every key whose owner changed nothing meanwhile there is exactly what he grants, up to one place in
    /// the order of rows: the end, unless a limit or a hang-up came before.
    private mutating func checkWhole() {
        let ended = max(read.ended, sent["at"]?.string.flatMap { Instant($0) } ?? read.ended)
        var rows = [[Int32]](repeating: [], count: StormTable.keys)
        for piece in read.pieces { rows[Int(piece.key)].append(piece.row) }
        for (owner, account) in accounts.enumerated() {
            let terms: StormTerms?
            switch account.standing(from: read.began, to: ended) {
            case .uncertain: continue
            case .nothing: terms = nil
            case .gives(let all): terms = all
            }
            for key in owner * StormTable.keysOfEach..<(owner + 1) * StormTable.keysOfEach {
                exactKeys += 1
                check(key, granted: terms?.fields(ofKey: key) ?? [], rows[key])
            }
        }
        expect(behind <= missing, "a row is left out before place \(behind): that of \(missing)")
    }

    /// - Parameter rows: those of the key that came: of one who hung up not all that went.
    private mutating func check(_ key: Int, granted: StormFields, _ rows: [Int32]) {
        let query = read.query
        let isOriginalOrder = query.isOriginalOrder
        let wanted = world.table.rows(ofKey: key, isOriginalOrder: isOriginalOrder).filter {
            query.wants(row: Int($0), key: key, granted: granted)
        }
        let went = delivered[key] ?? (0, [])
        lazy var name = StormTable.name(ofKey: key)
        guard went.rows <= wanted.count, went.rows == wanted.count || !isToTheEnd else {
            faults.append("\(name): \(went.rows) rows of \(wanted.count)")
            return
        }
        if rows.first ?? -1 >= 0, !wanted.starts(with: rows) { faults.append("\(name): other rows") }
        if went.rows > 0, went.fields != granted.intersection(query.asked) {
            faults.append("\(name): other fields")
        }
        func rank(_ row: Int32) -> Int32 { world.table.rank(row, isOriginalOrder: isOriginalOrder) }
        if went.rows > 0 { behind = max(behind, rank(wanted[went.rows - 1]) + 1) }
        if went.rows < wanted.count { missing = min(missing, rank(wanted[went.rows])) }
    }

    /// Whether nothing but the end of the rows ended the answer.
    private var isToTheEnd: Bool {
        let isLimited = read.query.limit.map { sent["rows"]?.integer ?? 0 >= $0 } ?? false
        return sent["status"] == "complete" && !isLimited
    }

    // MARK: When it came

    /// What the reader got after the answer of a withdrawal was under its epoch, but for what was on its way.
    private mutating func checkNarrowings() {
        guard !read.steps.isEmpty else { return }
        for change in accounts.flatMap(\.changes) where change.isNarrowing {
            guard let answer = change.answer, change.ended > read.began, change.ended < read.ended else {
                continue
            }
            let had = read.steps.last { $0.at <= change.ended }?.bytes ?? 0
            let bound = had + Self.onItsWayBytes
            let first = epochs.first { $0.epoch >= answer.epoch }?.firstByte ?? sentBytes
            onItsWay = max(onItsWay, first - had)
            if first > bound {
                faults.append(
                    "\(first) bytes went under epochs before \(answer.epoch), the reader had \(had)")
            }
        }
    }
}

extension Array {
    /// The first index from which on a test holds that holds of no earlier one; `endIndex` if of none.
    fileprivate func partitioningIndex(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (startIndex, endIndex)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
