import Model

extension Facts {
    /// What a request to the hub says.
    init(_ request: PolicyRequest, at now: Instant, purposes: PurposeTree) {
        self.init(
            assignee: request.assignee, target: request.target, action: request.action,
            now: FactValue(.time(TimeSpan(now))), purposes: purposes)
        values = [
            .known(.purpose): [FactValue(.iri(request.purpose.iri))],
            .known(.legalBasis): [FactValue(.iri(SluisProfile.iri(of: request.legalBasis)))],
            .known(.field): request.fields.map { FactValue(.text($0)) },
        ]
        if let counts = request.counts { values.merge(counts.facts) { stated, _ in stated } }
    }
}
