internal import Synchronization

/// Where answers leave that were assembled for several readers, as those who narrow see it.
///
/// A stream has its own border (`StreamTicket`). An answer that leaves in one piece, and is there before
/// anybody asks for it, passes one of the few of its gate: it is written inside it, and only while the epoch
/// and what let its reader in are still the same. Whoever changed one of them and then passed all borders
/// knows that nothing of before is written any more.
final class AnswerBorder: Sendable {
    private let lock = Mutex(())

    func crossing<Result>(_ body: () throws -> Result) rethrows -> Result {
        try lock.withLock { _ in try body() }
    }

    /// Returns when the answer in hand, if any, was written or dropped.
    func pass() { lock.withLock { _ in } }
}
