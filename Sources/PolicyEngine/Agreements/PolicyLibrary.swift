public import Model

/// The policies that the hub brings along, read and compiled once at its start.
///
/// The bytes come from outside (the module Policies, in the shipped hub), so that the engine reads no file.
public struct PolicyLibrary: Sendable {
    public let purposes: PurposeTree
    /// All of them are layers of every decision.
    public let guardrails: [PolicyLayer]
    /// The offer of a dataset that is published without one: any consumer, any purpose, on agreement.
    public let byAgreement: OfferTemplate

    /// - Parameters:
    ///   - purposes: the purpose tree, as `PurposeTree` reads it.
    ///   - guardrails: JSON-LD documents of type Set, at least one.
    ///   - byAgreement: JSON-LD of an Offer without uid, target and assigner.
    /// - Throws: `ClientFault` when a file is not what it should be, or a guardrail has a part that is not
    ///   understood: a hub that starts with one would deny everything.
    public init(purposes: [UInt8], guardrails: [[UInt8]], byAgreement: [UInt8]) throws(ClientFault) {
        let tree = try PurposeTree(Self.parse(purposes))
        var layers: [PolicyLayer] = []
        for bytes in guardrails { layers.append(.guardrail(try Self.guardrail(bytes, tree))) }
        guard !layers.isEmpty else {
            throw ClientFault(.badInput, "guardrail_missing", "the library has no guardrail")
        }
        self.purposes = tree
        self.guardrails = layers
        self.byAgreement = try OfferTemplate(Self.parse(byAgreement), purposes: tree)
    }

    private static func guardrail(_ bytes: [UInt8], _ tree: PurposeTree) throws(ClientFault) -> CompiledPolicy
    {
        let policy = try CompiledPolicy(parse(bytes), purposes: tree)
        guard policy.kind == .set else {
            throw .malformedPolicy(at: "$.@type", found: policy.kind.rawValue, expected: "`Set`")
        }
        if let problem = policy.problems(layer: .guardrail).first {
            throw .malformedPolicy(
                at: "$", found: problem.message, expected: "a guardrail without unknown parts")
        }
        return policy
    }

    private static func parse(_ bytes: [UInt8]) throws(ClientFault) -> JSON {
        do {
            return try JSON.parse(bytes)
        } catch {
            throw .malformedPolicy(at: "$", found: error.description, expected: "a JSON text")
        }
    }
}
