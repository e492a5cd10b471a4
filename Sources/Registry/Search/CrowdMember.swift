internal import Model

/// An owner who is asked for, among the owners of his chunk.
struct CrowdMember {
    let owner: Int64
    let dataset: Slug
    /// Which of his deliveries are meant.
    let condition: SpanCondition

    init(_ owner: Int64, _ span: OwnerSpan) {
        self.owner = owner
        dataset = span.ownerKey.dataset
        condition = SpanCondition(span)
    }

    /// In the chunk.
    var place: Int64 { owner % DeliveryChunk.width }
}
