internal import Model

/// An owner who is asked for, among the owners of his chunk.
struct CrowdMember {
    let owner: Int64
    private let span: OwnerSpan

    init(_ owner: Int64, _ span: OwnerSpan) {
        self.owner = owner
        self.span = span
    }

    var dataset: Slug { span.ownerKey.dataset }

    /// In the chunk.
    var place: Int64 { owner % DeliveryChunk.width }

    /// Whether what an access delivered of his key is meant: as `SpanCondition`.
    func isMeant(in crowd: SearchReader.Crowd) -> Bool {
        if let at = crowd.at { return span.covers(version: crowd.version, at: Instant(milliseconds: at)) }
        guard let versions = span.versions, let version = crowd.version else { return true }
        return versions.contains(version)
    }
}
