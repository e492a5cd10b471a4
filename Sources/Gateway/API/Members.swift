internal import Model

/// The members of a request body, taken one by one. What is left at the end was not expected.
struct Members {
    private var members: [String: JSON]
    private let path: String

    /// - Parameter path: where the object stands in the body, for messages; empty for the body itself.
    init(_ json: JSON, path: String = "") throws(ClientFault) {
        guard let members = json.object else {
            throw ClientFault(
                .badInput, "wrong_type", "an object was expected", field: path.isEmpty ? nil : path,
                found: json.kind, expected: "an object")
        }
        self.members = members
        self.path = path.isEmpty ? "" : path + "."
    }

    func name(_ member: String) -> String { path + member }

    /// A member that may be missing; null counts as missing.
    mutating func optional<Value>(
        _ member: String, _ expected: String, _ read: (JSON) -> Value?
    ) throws(ClientFault) -> Value? {
        guard let json = members.removeValue(forKey: member), json != .null else { return nil }
        guard let value = read(json) else {
            let found = json.string ?? json.kind
            throw ClientFault(
                .badInput, "wrong_value", "`\(name(member))` is not what it should be", field: name(member),
                found: found, expected: expected)
        }
        return value
    }

    /// A member that must be there, and may be null.
    mutating func nullable<Value>(
        _ member: String, _ expected: String, _ read: (JSON) -> Value?
    ) throws(ClientFault) -> Value? {
        guard members[member] != nil else {
            throw ClientFault(
                .badInput, "member_missing", "`\(name(member))` is missing", field: name(member),
                expected: expected)
        }
        return try optional(member, expected, read)
    }

    mutating func required<Value>(
        _ member: String, _ expected: String, _ read: (JSON) -> Value?
    ) throws(ClientFault) -> Value {
        guard let value = try optional(member, expected, read) else {
            throw ClientFault(
                .badInput, "member_missing", "`\(name(member))` is missing", field: name(member),
                expected: expected)
        }
        return value
    }

    /// Refuses the first member that nobody took.
    func finish() throws(ClientFault) {
        guard let unknown = members.keys.min() else { return }
        throw ClientFault(
            .badInput, "member_unknown", "`\(name(unknown))` is not a member of this body",
            field: name(unknown),
            remedy: "leave it out")
    }
}

extension Members {
    mutating func slug(_ member: String) throws(ClientFault) -> Slug {
        try required(member, Slug.expectation) { $0.string.flatMap { Slug($0) } }
    }

    mutating func text(_ member: String) throws(ClientFault) -> String {
        try required(member, "a string") { $0.string }
    }

    mutating func texts(_ member: String) throws(ClientFault) -> [String]? {
        try optional(member, "an array of strings", Self.texts)
    }

    mutating func time(_ member: String) throws(ClientFault) -> Instant? {
        try optional(member, "an RFC 3339 time such as 2027-01-31T12:00:00Z") {
            $0.string.flatMap { Instant($0) }
        }
    }

    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ member: String, _ type: Word.Type
    ) throws(ClientFault) -> Word {
        try required(member, "one of " + type.allCases.map(\.rawValue).joined(separator: ", ")) {
            $0.string.flatMap { Word(rawValue: $0) }
        }
    }

    mutating func identifier<Subject>(_ member: String) throws(ClientFault) -> Identifier<Subject> {
        try required(member, "a lower-case UUIDv7") { $0.string.flatMap { Identifier<Subject>($0) } }
    }

    /// Nil unless all elements are strings.
    static func texts(_ json: JSON) -> [String]? {
        guard let elements = json.array else { return nil }
        let texts = elements.compactMap(\.string)
        return texts.count == elements.count ? texts : nil
    }
}
