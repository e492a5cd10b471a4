/// The member names that readers ask for, by the IRI or the keyword that they expand to.
enum Term: String, CaseIterable, Sendable {
    // JSON-LD keywords
    case id = "@id"
    case type = "@type"
    case value = "@value"
    case language = "@language"
    case list = "@list"
    case set = "@set"
    case graph = "@graph"
    case context = "@context"

    // Policies
    case uid = "http://www.w3.org/ns/odrl/2/uid"
    case profile = "http://www.w3.org/ns/odrl/2/profile"
    case conflict = "http://www.w3.org/ns/odrl/2/conflict"
    case inheritFrom = "http://www.w3.org/ns/odrl/2/inheritFrom"
    case inheritAllowed = "http://www.w3.org/ns/odrl/2/inheritAllowed"
    case permission = "http://www.w3.org/ns/odrl/2/permission"
    case prohibition = "http://www.w3.org/ns/odrl/2/prohibition"
    case obligation = "http://www.w3.org/ns/odrl/2/obligation"

    // Rules
    case target = "http://www.w3.org/ns/odrl/2/target"
    case output = "http://www.w3.org/ns/odrl/2/output"
    case relation = "http://www.w3.org/ns/odrl/2/relation"
    case assigner = "http://www.w3.org/ns/odrl/2/assigner"
    case assignee = "http://www.w3.org/ns/odrl/2/assignee"
    case function = "http://www.w3.org/ns/odrl/2/function"
    case action = "http://www.w3.org/ns/odrl/2/action"
    case duty = "http://www.w3.org/ns/odrl/2/duty"
    case consequence = "http://www.w3.org/ns/odrl/2/consequence"
    case remedy = "http://www.w3.org/ns/odrl/2/remedy"
    case failure = "http://www.w3.org/ns/odrl/2/failure"
    case constraint = "http://www.w3.org/ns/odrl/2/constraint"
    case refinement = "http://www.w3.org/ns/odrl/2/refinement"

    // Parties with a function in a duty
    case attributedParty = "http://www.w3.org/ns/odrl/2/attributedParty"
    case attributingParty = "http://www.w3.org/ns/odrl/2/attributingParty"
    case compensatedParty = "http://www.w3.org/ns/odrl/2/compensatedParty"
    case compensatingParty = "http://www.w3.org/ns/odrl/2/compensatingParty"
    case consentedParty = "http://www.w3.org/ns/odrl/2/consentedParty"
    case consentingParty = "http://www.w3.org/ns/odrl/2/consentingParty"
    case contractedParty = "http://www.w3.org/ns/odrl/2/contractedParty"
    case contractingParty = "http://www.w3.org/ns/odrl/2/contractingParty"
    case informedParty = "http://www.w3.org/ns/odrl/2/informedParty"
    case informingParty = "http://www.w3.org/ns/odrl/2/informingParty"
    case trackedParty = "http://www.w3.org/ns/odrl/2/trackedParty"
    case trackingParty = "http://www.w3.org/ns/odrl/2/trackingParty"

    // Constraints
    case leftOperand = "http://www.w3.org/ns/odrl/2/leftOperand"
    case comparison = "http://www.w3.org/ns/odrl/2/operator"
    case rightOperand = "http://www.w3.org/ns/odrl/2/rightOperand"
    case rightOperandReference = "http://www.w3.org/ns/odrl/2/rightOperandReference"
    case dataType = "http://www.w3.org/ns/odrl/2/dataType"
    case unit = "http://www.w3.org/ns/odrl/2/unit"
    case status = "http://www.w3.org/ns/odrl/2/status"
    case and = "http://www.w3.org/ns/odrl/2/and"
    case or = "http://www.w3.org/ns/odrl/2/or"
    case xone = "http://www.w3.org/ns/odrl/2/xone"
    case andSequence = "http://www.w3.org/ns/odrl/2/andSequence"
    /// From which day a `timeInterval` counts its periods (the term of the ODRL benchmark of Mustafa et al.).
    case anchor = "http://w3id.org/drk/ontology/anchor"

    case operandSource = "https://w3id.org/force/odrlproposed#reference"
    case operandPath = "https://w3id.org/force/odrlproposed#path"

    // Actions, assets and parties
    case includedIn = "http://www.w3.org/ns/odrl/2/includedIn"
    case implies = "http://www.w3.org/ns/odrl/2/implies"
    case partOf = "http://www.w3.org/ns/odrl/2/partOf"
    case source = "http://www.w3.org/ns/odrl/2/source"
    case hasPolicy = "http://www.w3.org/ns/odrl/2/hasPolicy"
    case assigneeOf = "http://www.w3.org/ns/odrl/2/assigneeOf"
    case assignerOf = "http://www.w3.org/ns/odrl/2/assignerOf"
    case rdfValue = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"

    private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })

    /// The term of an IRI or a keyword.
    init?(iri: String) {
        guard let term = Self.byName[iri] else { return nil }
        self = term
    }

    /// As people write it: `permission`, `@id`.
    var name: String { rawValue.hasPrefix("@") ? rawValue : IRI.localName(rawValue) }
}
