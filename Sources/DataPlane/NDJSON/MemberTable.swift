/// The names of the members that an object may have, and which field each is.
struct MemberTable: Sendable {
    /// As bytes, in the order of the fields.
    private(set) var names: [[UInt8]] = []
    /// Whether a name that is not there yet is taken.
    private(set) var isOpen: Bool
    /// Whether members with other names are passed by; else such a member is a fault.
    let ignoresOthers: Bool
    private var indices: [[UInt8]: Int] = [:]
    /// By the place of a name, plus 1 (0 for the start of an object): which name stood behind it the last
    /// time. Most lines of a file have the same order, so most names are found without a search.
    private var successors: [Int] = [0]
    private var last = 0

    /// With no names: those of the first object are taken, until `close`.
    init(names: [[UInt8]]?, ignoringOthers: Bool = false) {
        isOpen = names == nil
        ignoresOthers = ignoringOthers
        for name in names ?? [] { add(name) }
    }

    mutating func close() { isOpen = false }

    mutating func beginObject() { last = 0 }

    /// The field of the name that stands at this place of the text; nil for one that is not known.
    mutating func index(of text: [UInt8], _ range: Range<Int>) -> Int? {
        let guess = successors[last]
        if guess < names.count, isName(guess, text, range) {
            last = guess + 1
            return guess
        }
        let name = Array(text[range])
        guard let index = indices[name] ?? (isOpen ? names.count : nil) else { return nil }
        if index == names.count { add(name) }
        successors[last] = index
        last = index + 1
        return index
    }

    private mutating func add(_ name: [UInt8]) {
        // Of two equal names the first counts; the reader of a schema refuses such.
        if indices[name] == nil { indices[name] = names.count }
        names.append(name)
        successors.append(names.count)
    }

    private func isName(_ index: Int, _ text: [UInt8], _ range: Range<Int>) -> Bool {
        let name = names[index]
        guard name.count == range.count else { return false }
        for offset in name.indices where name[offset] != text[range.lowerBound + offset] { return false }
        return true
    }
}
