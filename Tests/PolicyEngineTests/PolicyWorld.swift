import Foundation
import Model
import Policies
import PolicyEngine
import Testing

/// The parties and policies that the stories are about.
enum PolicyWorld {
    static let airport = "https://hub.example/id/organisations/airport"
    static let authority = "https://hub.example/id/organisations/authority"
    static let thief = "https://hub.example/id/organisations/thief"
    static let flights = "https://hub.example/id/datasets/flights"
    static let offerUID = "https://hub.example/id/datasets/flights/offer"
    static let agreementUID = "https://hub.example/id/agreements/0192f0c1-0000-7000-8000-000000000001"
    static let noon = Instant(milliseconds: 1_795_348_800_000)

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func library() throws -> PolicyLibrary {
        try PolicyLibrary(
            purposes: ShippedPolicies.purposes, guardrails: ShippedPolicies.guardrails,
            byAgreement: ShippedPolicies.byAgreement)
    }

    static func dpv(_ name: String) -> String { "https://w3id.org/dpv#\(name)" }

    static func request(
        assignee: String = authority, target: String = flights, action: String = PolicyRequest.read,
        purpose: String = "ProvideOfficialStatistics", basis: LegalBasis = .consent,
        fields: [String] = ["flight", "dep_delay"]
    ) -> PolicyRequest {
        PolicyRequest(
            assignee: assignee, target: target, action: action, purpose: Purpose(dpv(purpose)),
            legalBasis: basis, fields: fields)
    }

    static func offer(_ library: PolicyLibrary) throws -> CompiledPolicy {
        try OfferCheck.admit(
            library.byAgreement.offer(uid: offerUID, target: flights, assigner: airport), target: flights,
            assigner: airport, purposes: library.purposes)
    }

    static func agreement(
        _ library: PolicyLibrary, _ request: PolicyRequest = request(purpose: "PublicBenefit"),
        validUntil: Instant? = noon.adding(seconds: 3600), retention: String? = "P90D"
    ) throws -> CompiledPolicy {
        let json = try AgreementPolicy.make(
            uid: agreementUID, offer: offer(library), request: request, validUntil: validUntil,
            retention: retention)
        return try CompiledPolicy(json, purposes: library.purposes)
    }

    /// Guardrails, offer and agreement of the running exchange.
    static func layers(_ library: PolicyLibrary) throws -> [PolicyLayer] {
        try library.guardrails + [.offer(offer(library)), .agreement(agreement(library))]
    }

    /// The exchange with `policy` as its agreement.
    static func layers(_ library: PolicyLibrary, agreement policy: JSON) throws -> [PolicyLayer] {
        try library.guardrails + [
            .offer(offer(library)), .agreement(CompiledPolicy(policy, purposes: library.purposes)),
        ]
    }

    /// An agreement with the given members besides those that every agreement needs.
    static func agreementJSON(_ members: [String: JSON]) -> JSON {
        let base: [String: JSON] = [
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["dpv": "https://w3id.org/dpv#"]],
            "@type": "Agreement", "uid": .string(agreementUID), "assigner": .string(airport),
            "assignee": .string(authority), "target": .string(flights),
        ]
        return .object(base.merging(members) { _, ours in ours })
    }

    static func constraint(_ left: String, _ comparison: String, _ right: JSON) -> JSON {
        ["leftOperand": .string(left), "operator": .string(comparison), "rightOperand": right]
    }
}

extension Decision {
    /// The codes of the reasons, each once, in their order.
    var codes: [String] {
        reasons.map(\.code).reduce(into: []) { codes, code in if !codes.contains(code) { codes.append(code) }
        }
    }
}
