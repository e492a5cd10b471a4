/// The vocabulary that the generator writes and the naive reading knows, as ODRL 2.2 and W3C DPV have it.
enum ReferenceWorld {
    static let odrl = "http://www.w3.org/ns/odrl/2/"
    static let sluis = "https://w3id.org/sluis/odrl#"
    static let sotw = "https://w3id.org/force/sotw#"
    static let report = "https://w3id.org/force/compliance-report#"
    static let xsd = "http://www.w3.org/2001/XMLSchema#"
    static let ex = "http://example.org/"
    static let dct = "http://purl.org/dc/terms/"
    static let rdfValue = "http://www.w3.org/1999/02/22-rdf-syntax-ns#value"
    static let currentTime = "http://example.com/request/currentTime"

    /// Prefixes that the documents declare.
    static let prefixes = [
        "dpv": "https://w3id.org/dpv#", "sluis": sluis, "ex": ex, "sotw": sotw, "report": report,
        "temp": "http://example.com/request/", "dct": dct, "xsd": xsd,
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "odrl": odrl,
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    ]

    /// Names whose text values are IRIs or terms.
    static let nodeNames = [
        "permission", "prohibition", "obligation", "duty", "consequence", "remedy", "constraint",
        "refinement", "and", "or", "xone", "andSequence", "target", "assignee", "assigner", "action",
        "leftOperand", "operator", "conflict", "profile", "inheritFrom", "includedIn", "implies", "partOf",
        "source", "rightOperandReference", "unit",
    ]

    /// Every other name of ODRL that the documents write.
    static let otherNames = [
        "rightOperand", "status", "Set", "Offer", "Agreement", "Policy", "Permission", "Prohibition", "Duty",
        "Rule", "Asset", "AssetCollection", "Party", "PartyCollection", "Constraint", "LogicalConstraint",
        "Action", "Request", "perm", "prohibit", "invalid",
    ]

    static let operators = [
        "eq", "neq", "lt", "lteq", "gt", "gteq", "isAnyOf", "isNoneOf", "isAllOf", "isA", "isPartOf",
        "hasPart",
    ]

    /// Action -> the one it is included in.
    static let includedIn = [
        "read": "use", "print": "use", "distribute": "use", "modify": "use", "reproduce": "use",
        "extract": "reproduce", "compensate": "use", "inform": "use", "delete": "use", "attribute": "use",
        "sell": "transfer", "give": "transfer",
    ]
    static let topActions = ["use", "transfer"]
    static let oldActions = ["write": "modify", "copy": "reproduce", "pay": "compensate"]
    static let actions = topActions + includedIn.keys.sorted() + oldActions.keys.sorted()

    /// What a left operand compares.
    enum Kind { case time, number, duration, purpose, party, token, field, basis }

    static let operands: [String: Kind] = [
        "dateTime": .time, "count": .number, "payAmount": .number, "percentage": .number,
        "resolution": .number, "elapsedTime": .duration, "purpose": .purpose, "recipient": .party,
        "spatial": .token, "language": .token, "deliveryChannel": .token, "fileFormat": .token,
    ]
    static let sluisOperands: [String: Kind] = ["field": .field, "legalBasis": .basis]
    static let legalBases = [
        "consent", "permission", "contract", "legal-obligation", "public-task", "vital-interest",
        "legitimate-interest",
    ]
    static let profiles = [sluis, odrl + "core"]

    /// All bare names that the ODRL context defines.
    static let terms = Set(
        nodeNames + otherNames + operators + actions + operands.keys.sorted())

    static func kind(of operand: String) -> Kind? {
        if operand.hasPrefix(odrl) { return operands[String(operand.dropFirst(odrl.count))] }
        return operand.hasPrefix(sluis) ? sluisOperands[String(operand.dropFirst(sluis.count))] : nil
    }

    /// The part of an IRI of ODRL after its namespace; nil for another.
    static func local(_ iri: String) -> String? {
        iri.hasPrefix(odrl) ? String(iri.dropFirst(odrl.count)) : nil
    }
}
