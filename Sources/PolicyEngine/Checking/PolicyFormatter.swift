public import Model

/// Writes a policy document the way that people read it: two spaces a level, the members in ODRL's order,
/// short lists and objects on one line. It changes no value.
public enum PolicyFormatter {
    /// How wide a line may become before its value is spread.
    private static let width = 100

    /// The text, with a line end at its end.
    public static func format(_ json: JSON) -> String { text(json, indent: 0, used: 0) + "\n" }

    private static func text(_ json: JSON, indent: Int, used: Int) -> String {
        let short = line(json)
        if indent + used + short.utf8.count <= width { return short }
        let inner = String(repeating: " ", count: indent + 2)
        let outer = String(repeating: " ", count: indent)
        switch json {
        case .array(let elements) where !elements.isEmpty:
            let lines = elements.map { inner + text($0, indent: indent + 2, used: 0) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let lines = ordered(members).map { name, value in
                let key = JSON.string(name).canonicalText + ": "
                return inner + key + text(value, indent: indent + 2, used: key.utf8.count)
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        default: return short
        }
    }

    private static func line(_ json: JSON) -> String {
        switch json {
        case .array(let elements): return "[" + elements.map(line).joined(separator: ", ") + "]"
        case .object(let members):
            guard !members.isEmpty else { return "{}" }
            let parts = ordered(members).map { JSON.string($0).canonicalText + ": " + line($1) }
            return "{ " + parts.joined(separator: ", ") + " }"
        default: return json.canonicalText
        }
    }

    private static let order = [
        "@context", "@id", "@type", "type", "uid", "profile", "inheritFrom", "conflict", "title",
        "description",
        "label", "comment", "@graph", "assigner", "assignee", "target", "action", "rdf:value", "value",
        "refinement", "leftOperand", "operator", "rightOperand", "rightOperandReference", "unit", "dataType",
        "constraint", "duty", "permission", "prohibition", "obligation", "@value",
    ]

    private static let ranks = Dictionary(
        uniqueKeysWithValues: order.enumerated().map { ($0.element, $0.offset) })

    /// By ODRL's order, prefixes left aside; names that it does not know come after, by the alphabet.
    private static func ordered(_ members: [String: JSON]) -> [(String, JSON)] {
        func rank(_ name: String) -> Int {
            let local = name.hasPrefix("@") ? name : String(name.split(separator: ":").last ?? "")
            return ranks[local] ?? ranks[name] ?? order.count
        }
        return members.map { ($0.key, $0.value) }.sorted {
            (rank($0.0), $0.0) < (rank($1.0), $1.0)
        }
    }
}
