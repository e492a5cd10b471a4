import Model

/// A JSON-LD node object with its member names made out.
///
/// Readers *take* the members they understand; what remains is unknown. So nothing is ever dropped because
/// no line of code asked for it.
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

    /// Whether the node says nothing but its identifier.
    var isReference: Bool { members.isEmpty && types.isEmpty }

    /// The values of a member, which then is no longer unknown.
    mutating func take(_ term: Term) -> [LinkedValue] {
        guard let first = members.firstIndex(where: { $0.term == term }) else { return [] }
        var values = members.remove(at: first).values
        while let next = members.firstIndex(where: { $0.term == term }) {
            values += members.remove(at: next).values
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
    func values(_ term: Term) -> [LinkedValue] { members.filter { $0.term == term }.flatMap(\.values) }

    func has(_ term: Term) -> Bool { members.contains { $0.term == term } }

    /// What no reader took and no annotation explains.
    func remaining() -> [Unknown] {
        guard !members.isEmpty else { return [] }
        let unknown = members.filter { !ODRL.annotations.contains($0.iri) }
        return unknown.sorted { $0.name < $1.name }.map { member in
            Unknown(
                code: "property_unknown", path: path.appending(member.name).description,
                message: "`\(brief(member.name))` is not understood")
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
