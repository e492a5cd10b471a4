import Model

/// A JSON-LD document as its nodes: nested or by reference, in any spelling of JSON-LD 1.1 that needs no
/// fetching.
struct LinkedDocument: Sendable {
    /// The nodes that stand outermost, in the order of the document.
    let roots: [LinkedNode]
    /// What the contexts hold that is not understood.
    let unknowns: [Unknown]
    /// Nodes that say something and can be named, by identifier. What several places say is put together.
    let index: [String: LinkedNode]

    /// - Parameter fallback: what names mean where the document's own context, which then it may lack, does
    ///   not say; a policy has none.
    /// - Throws: `ClientFault` `policy_malformed` or `policy_too_large`, `field` being the JSON path.
    init(_ json: JSON, fallback: TermContext? = nil) throws(ClientFault) {
        try PolicyLimits.check(json)
        do {
            self = try Self(json, fallback: fallback, LinkedReader(isOrdered: false))
        } catch {
            // Of several faults it is always the same one that is told.
            self = try Self(json, fallback: fallback, LinkedReader(isOrdered: true))
        }
    }

    private init(_ json: JSON, fallback: TermContext?, _ start: LinkedReader) throws(ClientFault) {
        var reader = start
        switch json {
        case .object(let members): try reader.root(members, path: .root, fallback: fallback)
        case .array(let elements) where elements.contains { $0.object != nil }:
            for (position, element) in elements.enumerated() {
                let path = DocumentPath.root.appending(position)
                guard case .object(let members) = element else {
                    throw .malformedPolicy(at: path.description, found: element.kind, expected: "an object")
                }
                try reader.root(members, path: path, fallback: fallback)
            }
        default: throw .malformedPolicy(at: "$", found: json.kind, expected: "an object")
        }
        roots = reader.roots
        unknowns = reader.unknowns
        index = reader.index
    }

    /// The node that a value names, with all that the document says of it; nil for a literal.
    func node(_ value: LinkedValue) -> LinkedNode? {
        switch value.content {
        case .node(let node): node.id.flatMap { index[$0] } ?? node
        case .reference(let text): index[text]
        case .literal(let literal): literal.json.string.flatMap { index[$0] }
        }
    }

    func node(_ id: String) -> LinkedNode? { index[id] }

    /// All nodes that say something, outer ones before inner ones.
    var nodes: [LinkedNode] {
        var found: [LinkedNode] = []
        var waiting = Array(roots.reversed())
        while let next = waiting.popLast() {
            if !next.isReference { found.append(next) }
            for value in next.members.reversed().flatMap({ $0.values.reversed() }) {
                if case .node(let inner) = value.content { waiting.append(inner) }
            }
        }
        return found
    }
}

/// Puts nodes together on the way through a document.
private struct LinkedReader {
    /// Whether members are read in the order of their names, which takes longer.
    let isOrdered: Bool
    var roots: [LinkedNode] = []
    var unknowns: [Unknown] = []
    var index: [String: LinkedNode] = [:]
    /// What names stand for in the context last used, so that each is made out once.
    private var expansions: [String: Expansion] = [:]
    private var expandedIn: TermContextBox?

    init(isOrdered: Bool) { self.isOrdered = isOrdered }

    mutating func root(_ members: [String: JSON], path: DocumentPath, fallback: TermContext?)
        throws(ClientFault)
    {
        let place = path.appending("@context")
        var context: TermContext
        if let fallback {
            context = fallback
            if let own = members["@context"] { try context.extend(own, path: place) }
        } else {
            context = try TermContext(members["@context"], path: place)
        }
        unknowns += context.unknowns
        let box = TermContextBox(context)
        var rest = members
        rest["@context"] = nil
        let graphs = rest.keys.filter { context.expand($0) == Term.graph.rawValue }
        for name in graphs {
            guard let elements = rest.removeValue(forKey: name)?.list else { continue }
            for (position, element) in elements.enumerated() {
                let place = path.appending(name).appending(position)
                guard case .object(let inner) = element else {
                    throw .malformedPolicy(at: place.description, found: element.kind, expected: "an object")
                }
                roots.append(try node(inner, path: place, box: box))
            }
        }
        guard graphs.isEmpty || rest.contains(where: { context.expand($0.key) != "@id" }) else { return }
        roots.append(try node(rest, path: path, box: box))
    }

    /// - Throws: `ClientFault` for null, for arrays inside arrays and for bad identifiers.
    private mutating func node(_ object: [String: JSON], path: DocumentPath, box outer: TermContextBox)
        throws(ClientFault) -> LinkedNode
    {
        var box = outer
        if let inner = object["@context"] {
            var context = outer.context
            try context.extend(inner, path: path.appending("@context"))
            unknowns += context.unknowns.dropFirst(outer.context.unknowns.count)
            box = TermContextBox(context)
        }
        var node = LinkedNode(path: path, context: box)
        node.members.reserveCapacity(object.count)
        if isOrdered {
            for (name, value) in object.sorted(by: { $0.key < $1.key }) where name != "@context" {
                try add(name, value, to: &node, box: box)
            }
        } else {
            for (name, value) in object where name != "@context" {
                try add(name, value, to: &node, box: box)
            }
        }
        node.orderTwins()
        if let id = node.id, !node.isReference { remember(node, id) }
        return node
    }

    private mutating func add(_ name: String, _ value: JSON, to node: inout LinkedNode, box: TermContextBox)
        throws(ClientFault)
    {
        let expansion = expansion(of: name, box)
        let place = ValuePlace(node: node.path, member: name)
        switch expansion.term {
        case .id, .uid: try identify(&node, value, place, box)
        case .type:
            for value in try values(value, expansion, place, box).values {
                node.types.append(try type(value, box))
            }
        default:
            let (values, isList) = try values(value, expansion, place, box)
            node.members.append(
                LinkedNode.Member(
                    term: expansion.term, iri: expansion.iri, name: name, values: values, isList: isList))
        }
    }

    /// What a member name stands for. A name without meaning keeps itself: no reader asks for it, so it
    /// remains.
    private mutating func expansion(of name: String, _ box: TermContextBox) -> Expansion {
        if box !== expandedIn {
            expandedIn = box
            expansions.removeAll(keepingCapacity: true)
        }
        if let known = expansions[name] { return known }
        let made =
            box.context.member(name) ?? Expansion(iri: name, term: nil, coercion: .none, isList: false)
        expansions[name] = made
        return made
    }

    /// `uid`, `@id` or both if they say the same.
    private func identify(
        _ node: inout LinkedNode, _ value: JSON, _ place: ValuePlace, _ box: TermContextBox
    ) throws(ClientFault) {
        for (position, element) in value.list.enumerated() {
            let text = element.string ?? element.object.flatMap { $0.count == 1 ? $0["@id"]?.string : nil }
            guard let text, let iri = box.identifier(text), node.id == nil || node.id == iri else {
                let path = value.array == nil ? place.path : place.path.appending(position)
                throw .malformedPolicy(
                    at: path.description, found: element.string ?? element.kind,
                    expected: Self.identifierExpectation)
            }
            node.id = iri
        }
    }

    static let identifierExpectation = "an absolute IRI, or a compact one whose prefix the context defines"

    /// A type without meaning stays as written: it equals no known one.
    private func type(_ value: LinkedValue, _ box: TermContextBox) throws(ClientFault) -> String {
        switch value.content {
        case .reference(let text): return text
        case .literal(let literal):
            if let text = literal.json.string { return box.expand(text) ?? text }
            throw .malformedPolicy(
                at: value.path.description, found: literal.json.kind, expected: "a term or an IRI")
        case .node(let node):
            guard let id = node.id, node.isReference else {
                throw .malformedPolicy(
                    at: value.path.description, found: "object", expected: "a term or an IRI")
            }
            return id
        }
    }

    private mutating func values(
        _ json: JSON, _ expansion: Expansion, _ place: ValuePlace, _ box: TermContextBox
    ) throws(ClientFault) -> (values: [LinkedValue], isList: Bool) {
        switch json {
        case .array(let elements):
            return (try list(elements, expansion, place, box), expansion.isList)
        case .object(let members) where members.count == 1:
            guard let (name, inner) = members.first, let keyword = box.expand(name),
                keyword == "@list" || keyword == "@set"
            else { break }
            var inside = place
            inside.wrapper = name
            return (try list(inner.list, expansion, inside, box), keyword == "@list")
        default: break
        }
        return ([try value(json, expansion, place, box)], expansion.isList)
    }

    private mutating func list(
        _ elements: [JSON], _ expansion: Expansion, _ place: ValuePlace, _ box: TermContextBox
    ) throws(ClientFault) -> [LinkedValue] {
        var values: [LinkedValue] = []
        values.reserveCapacity(elements.count)
        var inside = place
        for (position, element) in elements.enumerated() {
            inside.index = position
            values.append(try value(element, expansion, inside, box))
        }
        return values
    }

    private mutating func value(
        _ json: JSON, _ expansion: Expansion, _ place: ValuePlace, _ box: TermContextBox
    ) throws(ClientFault) -> LinkedValue {
        let content: LinkedValue.Content
        switch json {
        case .null, .array:
            throw .malformedPolicy(
                at: place.path.description, found: json.kind,
                expected: "a string, a number, a boolean or an object")
        case .object(let members):
            if members.count == 1, let (name, inner) = members.first, let text = inner.string,
                box.expand(name) == Term.id.rawValue
            {
                // Only what it is called: the fault of a bad one stands at the name.
                let path = ValuePlace(node: place.path, member: name)
                return LinkedValue(
                    content: .reference(box.identifier(text) ?? text), place: path, context: box)
            }
            content = try object(members, place, box)
        case .string(let text):
            switch expansion.coercion {
            case .none: content = .literal(LinkedLiteral(json: json))
            case .literal(let type): content = .literal(LinkedLiteral(json: json, dataType: type))
            case .identifier: content = .reference(box.identifier(text) ?? text)
            case .vocabulary: content = .reference(box.expand(text) ?? text)
            }
        default:
            var literal = LinkedLiteral(json: json)
            if case .literal(let type) = expansion.coercion { literal.dataType = type }
            content = .literal(literal)
        }
        return LinkedValue(content: content, place: place, context: box)
    }

    /// A value object (JSON-LD 1.1 section 9.5) or a node.
    private mutating func object(
        _ members: [String: JSON], _ place: ValuePlace, _ box: TermContextBox
    ) throws(ClientFault) -> LinkedValue.Content {
        if let literal = Self.miswritten(members, box) { return .literal(literal) }
        let isValue = members.count <= 3 && box.valueNames.contains { members[$0] != nil }
        guard isValue, let literal = Self.literal(members, box) else {
            return .node(try node(members, path: place.path, box: box))
        }
        return .literal(literal)
    }

    /// `{"@id":"1000","@type":"xsd:integer"}`, as drafts of W3C write a literal.
    private static func miswritten(_ members: [String: JSON], _ box: TermContextBox) -> LinkedLiteral? {
        guard members.count == 2, let id = members["@id"]?.string, let type = members["@type"]?.string,
            let dataType = box.expand(type), dataType.hasPrefix(XSD.namespace), box.identifier(id) == nil
        else { return nil }
        return LinkedLiteral(json: .string(id), dataType: dataType)
    }

    /// Nil for a value object with anything else than a value, one type and a language: it becomes a node
    /// whose members nobody takes.
    private static func literal(_ members: [String: JSON], _ box: TermContextBox) -> LinkedLiteral? {
        var literal: LinkedLiteral?
        var (dataType, language): (String?, String?)
        for (name, value) in members {
            switch (box.expand(name), value) {
            case ("@value", .string), ("@value", .bool), ("@value", .integer), ("@value", .number):
                literal = LinkedLiteral(json: value)
            case ("@type", .string(let type)): dataType = box.expand(type) ?? type
            case ("@language", .string(let tag)): language = tag
            default: return nil
            }
        }
        literal?.dataType = dataType
        literal?.language = language
        return literal
    }

    private mutating func remember(_ node: LinkedNode, _ id: String) {
        guard var known = index[id] else {
            index[id] = node
            return
        }
        known.types += node.types.filter { !known.types.contains($0) }
        known.members += node.members
        index[id] = known
    }
}

extension JSON {
    /// The elements of an array; anything else as an array of one.
    var list: [JSON] { array ?? [self] }
}
