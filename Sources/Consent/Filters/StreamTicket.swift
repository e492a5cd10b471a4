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
    private let border = Mutex(())

    /// Begins; must be ended, however the stream ends.
    ///
    /// Nil if a newer version has taken the place of this one and its filter is gone.
    public init?(gate: AgreementGate, versionNumber: Int) {
        self.gate = gate
        self.versionNumber = versionNumber
        guard gate.register(self) else { return nil }
    }

    /// Runs `body` with the filter as it is now, or nil if the agreement is over. What `body` assembled must
    /// be handed to the kernel or dropped when it returns.
    public func atBorder<Result>(
        at now: Instant, _ body: (AgreementGate.View?) throws -> Result
    ) rethrows -> Result {
        try border.withLock { _ in try body(gate.view(of: versionNumber, at: now)) }
    }

    /// Whether a view is still the filter of now: asked just before a block is written.
    public func isCurrent(_ view: AgreementGate.View) -> Bool { gate.epoch == view.epoch }

    /// Returns when the block in hand, if any, was written or dropped.
    func passBorder() { border.withLock { _ in } }

    public func end() { gate.unregister(self) }
}
