import Model

/// A JSON-LD node object with its member names made out.
///
/// Readers *take* the members they understand; what remains is unknown. So nothing is ever dropped because
/// no line of code asked for it. Taking marks a member, it moves nothing: copies of a node share its members.
struct LinkedNode: Sendable {
    struct Member: Sendable {
        var term: Term?
        /// The IRI, or the name as written if it stands for nothing.
        var iri: String
        /// As written.
        var name: String
        var values: [LinkedValue]
        /// Whether the values came as one ordered list.
        var isList: Bool
    }

    /// An IRI, or a blank node label such as `_:b0`; nil where none is given.
    var id: String?
    var types: [String] = []
    let path: DocumentPath
    /// What names without a known meaning would mean here.
    let context: TermContextBox
    var members: [Member] = []
    /// The places of members that were taken, as far as they fit; one further on is taken out.
    private var taken: UInt64 = 0

    init(path: DocumentPath, context: TermContextBox) {
        self.path = path
        self.context = context
    }

    private func isTaken(_ place: Int) -> Bool { place < 64 && taken >> UInt64(place) & 1 == 1 }

    /// Whether the node says nothing but its identifier.
    var isReference: Bool { members.isEmpty && types.isEmpty }

    /// The values of a member, which then is no longer unknown.
    mutating func take(_ term: Term) -> [LinkedValue] {
        var values: [LinkedValue] = []
        var place = 0
        while place < members.count {
            defer { place += 1 }
            guard members[place].term == term, !isTaken(place) else { continue }
            values = values.isEmpty ? members[place].values : values + members[place].values
            if place < 64 {
                taken |= 1 << UInt64(place)
            } else {
                members.remove(at: place)
                place -= 1
            }
        }
        return values
    }

    /// Puts members under two spellings of one term in the order of their names, so that what is read does
    /// not depend on chance.
    mutating func orderTwins() {
        guard members.count > 1 else { return }
        for (place, member) in members.enumerated() where member.term != nil {
            if members[..<place].contains(where: { $0.term == member.term }) {
                members.sort { $0.name < $1.name }
                return
            }
        }
    }

    /// The values of a member that stays in place.
    func values(_ term: Term) -> [LinkedValue] { rest.filter { $0.term == term }.flatMap(\.values) }

    func has(_ term: Term) -> Bool {
        members.indices.contains { members[$0].term == term && !isTaken($0) }
    }

    /// The members that nobody has taken.
    private var rest: [Member] { members.indices.filter { !isTaken($0) }.map { members[$0] } }

    /// What no reader took and no annotation explains.
    func remaining() -> [Unknown] {
        guard members.indices.contains(where: { !isTaken($0) }) else { return [] }
        let unknown = rest.filter { !ODRL.annotations.contains($0.iri) }
        return unknown.sorted { $0.name < $1.name }.map { member in
            Unknown(
                code: "property_unknown", path: path.appending(member.name).description,
                message: "`\(brief(member.name))` is not understood", subject: member.name)
        }
    }
}

/// A context, shared by the nodes for which it holds.
final class TermContextBox: Sendable {
    let context: TermContext
    /// Names that stand for `@value`.
    let valueNames: [String]

    init(_ context: TermContext) {
        self.context = context
        valueNames = [Term.value.rawValue] + context.names(of: Term.value.rawValue)
    }

    /// A term or an identifier: an IRI, or nil for a name without meaning.
    func expand(_ text: String) -> String? { context.expand(text) }

    func identifier(_ text: String) -> String? { context.identifier(text) }
}
