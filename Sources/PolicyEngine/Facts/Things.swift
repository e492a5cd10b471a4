/// What a state says of things, property by property, as it was written.
struct Things: Sendable {
    /// Thing -> property -> values.
    private var properties: [String: [String: [Constraint.Value]]] = [:]

    private static let value = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"

    mutating func add(_ values: [Constraint.Value], of thing: String, under property: String) {
        properties[thing, default: [:]][property, default: []] += values
    }

    /// The value that a thing is the name of: its `rdf:value`.
    func values(of thing: String) -> [Constraint.Value] { properties[thing]?[Self.value] ?? [] }

    /// What stands at the end of a path of properties.
    func values(of thing: String, along path: ArraySlice<String>) -> [Constraint.Value] {
        guard let first = path.first else { return [] }
        let found = properties[thing]?[first] ?? []
        guard path.count > 1 else { return found }
        return found.compactMap(\.iri).flatMap { values(of: $0, along: path.dropFirst()) }
    }
}
