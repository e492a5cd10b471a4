public import Model

/// An agreement in force that loses fields.
public struct BrokenAgreement: Hashable, Sendable {
    public var agreement: AgreementID
    public var consumer: Slug
    /// The names of the fields that it loses.
    public var fields: [String]

    public init(agreement: AgreementID, consumer: Slug, fields: [String]) {
        self.agreement = agreement
        self.consumer = consumer
        self.fields = fields
    }
}

/// A change of fields by which agreements lose some, and its provider has not said that they may.
public struct BrokenAgreementsFault: Error {
    public let fault: ClientFault
    public let agreements: [BrokenAgreement]

    static func check(_ broken: [BrokenAgreement], allowed: [AgreementID]) throws {
        let allowed = Set(allowed)
        let rest = broken.filter { !allowed.contains($0.agreement) }
        guard let first = rest.first else { return }
        let more = rest.count > 1 ? " and \(rest.count - 1) more" : ""
        throw BrokenAgreementsFault(
            fault: ClientFault(
                .conflict, "agreements_broken",
                "fields are dropped that are agreed: \(first.fields.joined(separator: ", ")) with"
                    + " `\(first.consumer)` under \(first.agreement)\(more)",
                field: "breaks", found: String(rest.count), expected: "0 agreements that lose fields",
                remedy: "keep the fields, or name in `breaks` the agreements that may lose them"),
            agreements: rest)
    }
}
