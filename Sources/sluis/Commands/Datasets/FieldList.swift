import Model

/// The fields of a dataset as a publisher writes them down.
enum FieldList {
    private static let members: Set = ["id", "name", "type", "required"]

    /// - Parameters:
    ///   - json: an array of `{"name","type","id"?,"required"?}`, or an object with it as `fields`.
    ///   - file: where it was read, for messages.
    static func read(_ json: JSON, file: String) throws(ClientFault) -> [Field] {
        guard let elements = json.array ?? json["fields"]?.array, !elements.isEmpty else {
            throw fault(file, "holds no fields", expected: "[{\"name\",\"type\"}, ...]")
        }
        var fields: [Field] = []
        for (index, element) in elements.enumerated() {
            fields.append(try field(element, "fields[\(index)]", file))
        }
        guard Set(fields.map(\.name)).count == fields.count else { throw fault(file, "names a field twice") }
        guard Set(fields.map(\.id)).count == fields.count else {
            throw fault(file, "gives two fields one id")
        }
        return fields
    }

    private static func field(_ json: JSON, _ place: String, _ file: String) throws(ClientFault) -> Field {
        guard let object = json.object, let name = json["name"]?.string, !name.isEmpty else {
            throw fault(file, "has no name in \(place)")
        }
        if let unknown = object.keys.sorted().first(where: { !members.contains($0) }) {
            throw fault(
                file, "has an unknown member `\(unknown)` in \(place)",
                expected: members.sorted().joined(separator: ", "))
        }
        guard let type = json["type"]?.string.flatMap(FieldType.init(rawValue:)) else {
            throw fault(
                file, "has no known type in \(place)",
                expected: "one of " + FieldType.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard json["id"] == nil || json["id"]?.string != nil else {
            throw fault(file, "has a bad id in \(place)")
        }
        guard json["required"] == nil || json["required"]?.bool != nil else {
            throw fault(file, "says neither true nor false to `required` in \(place)")
        }
        return Field(
            id: json["id"]?.string, name: name, type: type, isRequired: json["required"]?.bool ?? false)
    }

    private static func fault(_ file: String, _ message: String, expected: String? = nil) -> ClientFault {
        ClientFault(.badInput, "bad_schema", "`\(file)` \(message)", field: "--schema", expected: expected)
    }
}
