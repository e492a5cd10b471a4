/// The policy library of the hub, inside the program: no file is read at run time.
public enum ShippedPolicies {
    /// The purposes of W3C DPV: identifiers, labels, broader purposes (JSON, UTF-8).
    public static let purposes = PackageResources.dpv_purposes_json

    /// The guardrails: ODRL Sets in JSON-LD, all of which every decision must satisfy.
    public static let guardrails = [PackageResources.legal_bases_jsonld]

    /// The offer of a dataset that is published without one: an ODRL Offer without uid, target and assigner.
    public static let byAgreement = PackageResources.by_agreement_jsonld
}
