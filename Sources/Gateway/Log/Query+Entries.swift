internal import Consent
internal import Model

/// How a request says which entries of the log it means.
extension Query {
    /// The parameters that `entries` and `owner` read.
    static let ofEntries = [
        "organisation", "dataset", "owner", "purpose", "decision", "grant", "type", "from", "to",
    ]

    /// What the parameters ask for but for the owner, who is looked up.
    var entries: EntryQuery {
        get throws(ClientFault) {
            EntryQuery(
                organisation: try slug("organisation"), dataset: try slug("dataset"),
                purpose: self["purpose"].map { Purpose($0) }, decision: try decision("decision"),
                grant: try identifier("grant"), type: try entryType("type"), from: try instant("from"),
                to: try instant("to"))
        }
    }

    var owner: Owner? {
        get throws(ClientFault) {
            try parsed("owner", expected: "the slug of an organisation or the identifier of a person") {
                text in
                PersonID(text).map { .person($0) } ?? Slug(text).map { .organisation($0) }
            }
        }
    }

    private func slug(_ name: String) throws(ClientFault) -> Slug? {
        try parsed(name, expected: Slug.expectation) { Slug($0) }
    }

    private func instant(_ name: String) throws(ClientFault) -> Instant? {
        try parsed(name, expected: "a time such as 2026-11-22T06:48:23.123Z") { Instant($0) }
    }

    private func identifier<Subject>(_ name: String) throws(ClientFault) -> Identifier<Subject>? {
        try parsed(name, expected: "a lower-case UUIDv7") { Identifier<Subject>($0) }
    }

    private func decision(_ name: String) throws(ClientFault) -> Decision.Outcome? {
        try parsed(name, expected: "permit or deny") { Decision.Outcome(rawValue: $0) }
    }

    private func entryType(_ name: String) throws(ClientFault) -> String? {
        try parsed(name, expected: EntryType.allCases.map(\.rawValue).joined(separator: ", ")) {
            EntryType(rawValue: $0)?.rawValue
        }
    }

    func parsed<Value>(
        _ name: String, expected: String, _ parse: (String) -> Value?
    ) throws(ClientFault) -> Value? {
        guard let text = self[name] else { return nil }
        guard let value = parse(text) else {
            throw ClientFault(
                .badInput, "wrong_value", "`\(name)` is not what it can be", field: name, found: text,
                expected: expected)
        }
        return value
    }
}
