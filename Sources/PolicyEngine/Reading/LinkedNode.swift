import Model

/// A JSON-LD node object with its member names expanded.
///
/// Readers *take* the members they understand; what remains is unknown. So nothing is ever dropped because
/// no line of code asked for it.
struct LinkedNode {
    /// One value of a member. JSON-LD does not tell a scalar from an array of one.
    struct Element {
        var value: JSON
        var path: String
    }

    let path: String
    private var members: [String: [Element]] = [:]
    /// Names as written that expand to nothing, or that remain, by path.
    private var written: [String: (name: String, path: String)] = [:]

    /// - Throws: `ClientFault` for null and for arrays inside arrays.
    init(_ object: [String: JSON], path: String, context: TermContext) throws(ClientFault) {
        self.path = path
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            let place = memberPath(path, name)
            // A name without meaning keeps itself as its key: no reader asks for it, so it remains.
            let key = context.expand(name) ?? name
            written[key] = (name, place)
            members[key, default: []] += try Self.elements(value, path: place, context: context)
        }
    }

    /// The values of a member, which then is no longer unknown.
    mutating func take(_ key: String) -> [Element] { members.removeValue(forKey: key) ?? [] }

    /// What no reader took and no annotation explains.
    func remaining() -> [Unknown] {
        let keys = members.keys.filter { !ODRL.annotations.contains($0) }.sorted()
        return keys.compactMap { key in
            written[key].map {
                Unknown(
                    code: "property_unknown", path: $0.path, message: "`\(brief($0.name))` is not understood")
            }
        }
    }

    private static func elements(_ value: JSON, path: String, context: TermContext)
        throws(ClientFault) -> [Element]
    {
        switch value {
        case .array(let values): return try list(values, path: path)
        case .object(let members) where members.count == 1:
            guard let (name, inner) = members.first, let keyword = context.expand(name),
                keyword == "@list" || keyword == "@set"
            else { return [Element(value: value, path: path)] }
            return try list(inner.array ?? [inner], path: memberPath(path, name))
        default: return try list([value], path: path, isScalar: true)
        }
    }

    private static func list(_ values: [JSON], path: String, isScalar: Bool = false)
        throws(ClientFault) -> [Element]
    {
        var elements: [Element] = []
        for (index, value) in values.enumerated() {
            let place = isScalar ? path : "\(path)[\(index)]"
            switch value {
            case .null, .array:
                throw .malformedPolicy(
                    at: place, found: value.kind, expected: "a string, a number, a boolean or an object")
            default: elements.append(Element(value: value, path: place))
            }
        }
        return elements
    }
}
