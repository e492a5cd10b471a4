public import Model

/// May this be asked under this offer: when a request is made, and again when the provider agrees.
public enum OfferCheck {
    /// A permit means that the request may be made; no data flow from it.
    public static func decide(_ request: PolicyRequest, under layers: [PolicyLayer], at now: Instant)
        -> Decision
    {
        Deliberation(request: request, layers: layers, now: now).decide(needing: [.offer, .guardrail])
    }

    /// Reads a provider's offer for a dataset.
    ///
    /// - Parameters:
    ///   - target: IRI of the dataset, which must be the offer's only target.
    ///   - assigner: IRI of the provider, who must be the offer's assigner.
    /// - Throws: `ClientFault` `policy_malformed`, `policy_too_large`, or `offer_not_for_dataset` (400).
    public static func admit(_ json: JSON, target: String, assigner: String, purposes: PurposeTree)
        throws(ClientFault) -> CompiledPolicy
    {
        let offer = try CompiledPolicy(json, purposes: purposes)
        try require(offer.kind == .offer, "@type", offer.kind.rawValue, "`Offer`")
        try require(offer.assigner == assigner, "assigner", offer.assigner ?? "", "`\(assigner)`")
        let found = offer.targets.sorted().joined(separator: " ")
        try require(offer.targets == [target], "target", found, "`\(target)`")
        return offer
    }

    private static func require(_ holds: Bool, _ field: String, _ found: String, _ expected: String)
        throws(ClientFault)
    {
        guard !holds else { return }
        throw ClientFault(
            .badInput, "offer_not_for_dataset", "the offer is not one for this dataset", field: "$.\(field)",
            found: found, expected: expected)
    }
}
