internal import Synchronization

/// Side files between the moment in which it is found out who is erased, and that in which their entries are
/// in the log: until then whoever erases somebody cannot find them there.
public final class SideFileTraffic: Sendable {
    private let underWay = Mutex<(next: Int, numbers: Set<Int>)>((0, []))

    /// Runs `body`, which writes a side file and the entry that leads to it.
    public func carrying<Value, Failure: Error>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let number = underWay.withLock { state in
            state.next += 1
            state.numbers.insert(state.next)
            return state.next
        }
        defer { underWay.withLock { _ = $0.numbers.remove(number) } }
        return try await body()
    }

    /// Returns when all are over that had begun.
    func waitForThoseUnderWay() async {
        let begun = underWay.withLock { $0.numbers }
        while !underWay.withLock({ $0.numbers.isDisjoint(with: begun) }) {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
