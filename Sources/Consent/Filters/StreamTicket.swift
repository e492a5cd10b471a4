public import Model
internal import Synchronization

/// A running stream, as those who narrow see it.
///
/// The stream assembles and writes each block inside `atBorder`. Between two calls it holds nothing that was
/// assembled: a stream that waits for its client has passed its border. An answer that was assembled whole
/// beforehand is handed out inside it too, if the view there has still the epoch of its own.
public final class StreamTicket: Sendable {
    private let gate: AgreementGate
    let versionNumber: Int
    /// By what its reader was let in.
    let pass: Pass?
    private let border = Mutex(())
    private let isCut = Atomic(false)

    /// Begins; must be ended, however the stream ends.
    ///
    /// Nil if a newer version has taken the place of this one and its filter is gone, or if the agreement has
    /// ended or a party is suspended.
    public init?(gate: AgreementGate, versionNumber: Int, pass: Pass? = nil) {
        self.gate = gate
        self.versionNumber = versionNumber
        self.pass = pass
        guard gate.register(self) else { return nil }
    }

    /// Runs `body` with the filter as it is now, or nil if nothing flows any more. What `body` assembled must
    /// be handed to the kernel or dropped when it returns.
    public func atBorder<Result>(
        at now: Instant, _ body: (AgreementGate.View?) throws -> Result
    ) rethrows -> Result {
        try border.withLock { _ in
            let isOver = isCut.load(ordering: .sequentiallyConsistent)
            return try body(isOver ? nil : gate.view(of: versionNumber, at: now))
        }
    }

    /// Whether a view is still the filter of now: asked just before a block is written.
    public func isCurrent(_ view: AgreementGate.View) -> Bool {
        gate.epoch == view.epoch && !isCut.load(ordering: .sequentiallyConsistent)
    }

    /// Whether nothing flows any more.
    public func isOver(at now: Instant) -> Bool {
        isCut.load(ordering: .sequentiallyConsistent) || gate.view(of: versionNumber, at: now) == nil
    }

    /// From its next block border on nothing flows.
    func cut() { isCut.store(true, ordering: .sequentiallyConsistent) }

    /// Returns when the block in hand, if any, was written or dropped.
    func passBorder() { border.withLock { _ in } }

    public func end() { gate.unregister(self) }
}
