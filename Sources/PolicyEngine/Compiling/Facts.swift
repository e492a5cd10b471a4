import Model

/// A request as compiled rules look at it.
struct Facts: Sendable {
    let request: PolicyRequest
    /// The purpose's number in the tree under which the policy was compiled; nil if the tree lacks it.
    let purpose: Int?
    let now: Instant

    init(_ request: PolicyRequest, at now: Instant, purposes: PurposeTree) {
        self.request = request
        self.now = now
        purpose = purposes.number(of: request.purpose)
    }
}
