internal import Consent
internal import DataPlane

/// The rows of one read, block by block: those of a version, or those that come from an upstream meanwhile.
struct ReadRows: Sendable {
    // One of the two is there.
    private var stored: RowStream?
    private var connected: ConnectedStream?
    /// Of the version under whose filters the upstream is read.
    private let owners: ConnectedOwners?
    /// The CSV header line; empty for NDJSON.
    let header: [UInt8]

    /// - Throws: `ClientFault` for a condition that compares a field with a value of another type.
    init(of plan: ReadPlan, as format: OutputFormat, _ order: RowOrder, of exchange: Exchange) throws {
        let filter: FilterMode = plan.gate == nil ? .open : .owners
        guard let source = plan.source else {
            let stream = try RowStream(
                version: plan.version, filter: filter, fields: plan.positions, format: format,
                where: plan.condition, within: plan.bounds, limit: plan.limit, order: order,
                delta: plan.continuation?.delta, from: exchange.projection(for: plan))
            (stored, owners, header) = (stream, nil, stream.header)
            return
        }
        // Rows that stay at their provider have no time that an agreement could be bound to.
        precondition(plan.bounds == nil && plan.continuation == nil)
        let stream = try ConnectedStream(
            source.shape, filter: filter, fields: plan.positions, format: format, where: plan.condition,
            limit: plan.limit)
        (connected, owners, header) = (stream, try plan.version.connectedOwners(), stream.header)
    }

    /// The next block under this filter; nil at the end, and while an upstream has to send more first.
    mutating func assemble(_ filter: OwnerFilterSnapshot?) throws -> Block? {
        guard let owners else { return try stored?.assemble(filter) }
        return try connected?.assemble(filter.map { try ConnectedFilter(owners: owners, grants: $0) })
    }

    mutating func advance(past block: Block) {
        stored?.advance(past: block)
        connected?.advance(past: block)
    }

    // MARK: An upstream

    /// Whether more of the upstream is wanted; never without one.
    var wantsInput: Bool { connected?.wantsInput ?? false }

    /// Whether there is nothing more than was assembled: without an upstream nobody need ask.
    var isAtEnd: Bool { connected?.isAtEnd ?? true }

    /// What came and is not done with.
    var unreadBytes: Int { connected?.unreadBytes ?? 0 }

    mutating func feed(_ chunk: [UInt8]) { connected?.feed(chunk) }

    /// All of the upstream has come.
    mutating func finish() { connected?.finish() }
}
