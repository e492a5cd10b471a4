public import Model

/// All policies of one document, compiled: what the tools evaluate, compare and explain.
public struct PolicySet: Sendable {
    let policies: [CompiledPolicy]
    /// As they were read.
    let sources: [Policy]
    let purposes: PurposeTree

    /// Reads a document with one policy or, in a `@graph`, several. A policy that another of them inherits
    /// from speaks through that one only.
    ///
    /// - Throws: `ClientFault` `policy_malformed` or `policy_too_large`, `field` the JSON path.
    public init(_ json: JSON, purposes: PurposeTree) throws(ClientFault) {
        self.init(try PolicyReader.read(json), of: json, purposes: purposes)
    }

    init(_ all: [Policy], of json: JSON, purposes: PurposeTree) {
        let parents = Set(all.flatMap { policy in policy.parents.filter { $0 != policy.uid } })
        let own = all.filter { !parents.contains($0.uid) }
        // Policies that all inherit from each other all speak.
        sources = own.isEmpty ? all : own
        policies = sources.map { CompiledPolicy($0, among: all, json: json, purposes: purposes) }
        self.purposes = purposes
    }

    /// The policies' IRIs, in the order of the document.
    public var uids: [String] { policies.map(\.uid) }

    /// Everything that is not understood, as reasons.
    public var problems: [Reason] { policies.flatMap { $0.problems(layer: "policy") } }
}
