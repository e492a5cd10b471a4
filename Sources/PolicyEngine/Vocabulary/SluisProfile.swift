public import Model

/// Sluis's own ODRL profile: left operands that ODRL lacks, and the values of the legal basis.
public enum SluisProfile {
    /// What a policy names in `profile`, and the namespace of the terms.
    public static let iri = "https://w3id.org/sluis/odrl#"
    /// Left operand: the names of the fields that are asked.
    public static let field = iri + "field"
    /// Left operand: the legal basis of the request.
    public static let legalBasis = iri + "legalBasis"
    /// Left operand: whose rows are asked, an owner's IRI.
    public static let owner = iri + "owner"
    /// Left operand of an obligation: how long the data may be kept, an xsd:duration.
    public static let retention = iri + "retention"

    /// Namespaces of left operands that are properties of who asks, what is asked, and the like: the local
    /// name is the property's (AuthZEN 1.0 section 5).
    public static let subjectProperty = "https://w3id.org/sluis/subject#"
    public static let resourceProperty = "https://w3id.org/sluis/resource#"
    public static let actionProperty = "https://w3id.org/sluis/action#"
    public static let contextProperty = "https://w3id.org/sluis/context#"

    /// What the IRIs of AuthZEN's actions begin with.
    public static let authorizationAction = "urn:authzen:action:"

    /// The IRI of a legal basis, such as `https://w3id.org/sluis/odrl#consent`.
    public static func iri(of basis: LegalBasis) -> String { iri + basis.rawValue }

    static func basis(_ iri: String) -> LegalBasis? {
        iri.hasPrefix(Self.iri) ? LegalBasis(rawValue: String(iri.dropFirst(Self.iri.count))) : nil
    }
}
