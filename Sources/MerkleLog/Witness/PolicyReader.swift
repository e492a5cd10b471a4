/// Reads the lines of a policy file (C2SP tlog-policy).
///
/// The file is bytes: names are compared byte by byte, whatever characters they look like.
struct PolicyReader {
    typealias Item = ArraySlice<UInt8>

    private(set) var logs: [WitnessPolicy.Log] = []
    private(set) var witnesses: [WitnessPolicy.Witness] = []
    private(set) var voters: [WitnessPolicy.Voter] = []
    private var groupCount = 0
    /// By name: the place in `voters`, and the line that defined it.
    private var names: [Item: (voter: Int, line: Int)] = [:]
    /// The line on which a voter was listed as a member.
    private var memberLines: [Int: Int] = [:]
    private var quorum: (voter: Int?, line: Int)?
    private var line = 0

    static let maximumSizeBytes = 256 << 10
    /// Of logs, of witnesses and of groups. The specification asks for at least 32.
    static let maximumCount = 64

    mutating func read(_ file: [UInt8]) throws(ProofError) {
        guard file.count <= Self.maximumSizeBytes else {
            throw ProofError(
                .malformedPolicy,
                "the policy has \(file.count) bytes; expected at most \(Self.maximumSizeBytes)")
        }
        var lines = file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let rest = lines.removeLast()
        for text in lines {
            line += 1
            try read(text)
        }
        line += 1
        guard rest.isEmpty else { throw fault(rest, "a newline at the end of the last line") }
    }

    func requiredQuorum() throws(ProofError) -> Int? {
        guard let quorum else {
            throw ProofError(
                .malformedPolicy, "the policy has no `quorum` line; expected `quorum NAME` or `quorum none`")
        }
        return quorum.voter
    }

    private mutating func read(_ text: Item) throws(ProofError) {
        guard text.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }) else {
            throw fault(text, "no control characters but tabs and newlines")
        }
        let items = text.split { $0 == 0x20 || $0 == 0x09 }
        guard let keyword = items.first, keyword.first != UInt8(ascii: "#") else { return }
        switch String(decoding: keyword, as: UTF8.self) {
        case "log": try addLog(items)
        case "witness": try addWitness(items)
        case "group": try addGroup(items)
        case "quorum": try setQuorum(items)
        default: throw fault(keyword, "`log`, `witness`, `group`, `quorum` or a comment with `#`")
        }
    }

    private mutating func addLog(_ items: [Item]) throws(ProofError) {
        try require(items, 2...3, "log VKEY [URL]")
        let key: NoteVerifier
        do { key = try NoteVerifier(vkey: Self.text(items[1])) } catch {
            throw fault(items[1], "the key of a log: " + error.message)
        }
        guard !logs.contains(where: { $0.key.key.key == key.key.key }) else {
            throw fault(items[1], "a key that no other `log` line has")
        }
        try requireSpace(logs.count, "logs")
        logs.append(.init(key: key, url: items.dropFirst(2).first.map(Self.text)))
    }

    private mutating func addWitness(_ items: [Item]) throws(ProofError) {
        try require(items, 3...4, "witness NAME VKEY [URL]")
        let key: CosignatureVerifier
        do { key = try CosignatureVerifier(vkey: Self.text(items[2])) } catch {
            throw fault(items[2], "the key of a witness: " + error.message)
        }
        guard !witnesses.contains(where: { $0.key.key.key == key.key.key }) else {
            throw fault(items[2], "a key that no other `witness` line has")
        }
        try requireSpace(witnesses.count, "witnesses")
        try define(items[1], as: .witness(witnesses.count))
        witnesses.append(
            .init(name: Self.text(items[1]), key: key, url: items.dropFirst(3).first.map(Self.text)))
    }

    private mutating func addGroup(_ items: [Item]) throws(ProofError) {
        try require(items, 4...Int.max, "group NAME all|any|K MEMBER...")
        let threshold = try threshold(items[2], of: items.count - 3)
        var members: [Int] = []
        for name in items[3...] {
            let member = try voter(name, "a witness or group that an earlier line defines")
            if let other = memberLines[member] {
                throw fault(name, "a member only once; line \(other) has it already")
            }
            memberLines[member] = line
            members.append(member)
        }
        try requireSpace(groupCount, "groups")
        groupCount += 1
        try define(items[1], as: .group(threshold: threshold, members: members))
    }

    private mutating func setQuorum(_ items: [Item]) throws(ProofError) {
        try require(items, 2...2, "quorum NAME")
        if let quorum { throw fault(items[1], "one `quorum` line; line \(quorum.line) is one already") }
        let isNone = items[1].elementsEqual("none".utf8)
        let name = "`none`, or a witness or group that an earlier line defines"
        quorum = (isNone ? nil : try voter(items[1], name), line)
    }

    private func threshold(_ item: Item, of count: Int) throws(ProofError) -> Int {
        if item.elementsEqual("all".utf8) { return count }
        if item.elementsEqual("any".utf8) { return 1 }
        guard let number = UInt64(canonical: item), (1...UInt64(count)).contains(number) else {
            throw fault(item, "`all`, `any` or a number from 1 to \(count), the number of members")
        }
        return Int(number)
    }

    private mutating func define(_ name: Item, as voter: WitnessPolicy.Voter) throws(ProofError) {
        guard !name.elementsEqual("none".utf8) else { throw fault(name, "another name: `none` is taken") }
        if let other = names[name] { throw fault(name, "a new name; line \(other.line) defines this one") }
        names[name] = (voters.count, line)
        voters.append(voter)
    }

    private func voter(_ name: Item, _ expected: String) throws(ProofError) -> Int {
        guard let voter = names[name]?.voter else { throw fault(name, expected) }
        return voter
    }

    private func require(
        _ items: [Item], _ count: ClosedRange<Int>, _ form: String
    ) throws(ProofError) {
        guard count.contains(items.count) else {
            throw fault(items.joined(separator: [0x20]), "`\(form)`")
        }
    }

    private func requireSpace(_ count: Int, _ what: String) throws(ProofError) {
        guard count < Self.maximumCount else {
            throw ProofError(
                .malformedPolicy,
                "line \(line): found too many \(what); expected at most \(Self.maximumCount)")
        }
    }

    private func fault(_ found: some Sequence<UInt8>, _ expected: String) -> ProofError {
        ProofError(.malformedPolicy, "line \(line): found `\(PlainText.of(found))`; expected \(expected)")
    }

    private static func text(_ item: Item) -> String { String(decoding: item, as: UTF8.self) }
}
