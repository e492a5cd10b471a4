public import Model

/// An Offer without uid, target and assigner, to be made into the offer of one dataset.
public struct OfferTemplate: Sendable {
    private let members: [String: JSON]

    /// - Throws: `ClientFault` when the template, filled in, is not an Offer that is understood throughout.
    public init(_ json: JSON, purposes: PurposeTree) throws(ClientFault) {
        guard case .object(let members) = json else {
            throw .malformedPolicy(at: "$", found: json.kind, expected: "an object")
        }
        self.members = members
        let (target, assigner) = ("urn:sluis:template:target", "urn:sluis:template:assigner")
        let sample = offer(uid: "urn:sluis:template", target: target, assigner: assigner)
        let offer = try OfferCheck.admit(sample, target: target, assigner: assigner, purposes: purposes)
        if let problem = offer.problems(layer: .offer).first {
            throw .malformedPolicy(
                at: "$", found: problem.message, expected: "an offer without unknown parts")
        }
    }

    /// The offer of one dataset; all three are absolute IRIs.
    public func offer(uid: String, target: String, assigner: String) -> JSON {
        var members = members
        members["uid"] = .string(uid)
        members["target"] = .string(target)
        members["assigner"] = .string(assigner)
        return .object(members)
    }
}
