internal import Synchronization

/// Lets many through together, or one alone: grants of a dataset pass together; a new version or a change of
/// its links, which rebuild the filters, passes alone. What an owner narrows does not pass here.
///
/// Whoever waits to pass alone holds back those who come after, so that it is not starved.
final class Turnstile: Sendable {
    private enum Kind { case shared, alone }

    private struct State {
        var inside = 0
        var isAlone = false
        var waiting: [(kind: Kind, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func shared<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        await enter(.shared)
        defer { leave() }
        return try await body()
    }

    func alone<Value: Sendable>(_ body: () async throws -> Value) async rethrows -> Value {
        await enter(.alone)
        defer { leave() }
        return try await body()
    }

    private func enter(_ kind: Kind) async {
        await withCheckedContinuation { continuation in
            let admitted = state.withLock { state in
                guard state.waiting.isEmpty, Self.admit(kind, &state) else {
                    state.waiting.append((kind, continuation))
                    return false
                }
                return true
            }
            if admitted { continuation.resume() }
        }
    }

    private func leave() {
        let admitted = state.withLock { state in
            state.inside -= 1
            state.isAlone = false
            var admitted: [CheckedContinuation<Void, Never>] = []
            while let first = state.waiting.first, Self.admit(first.kind, &state) {
                admitted.append(first.continuation)
                state.waiting.removeFirst()
            }
            return admitted
        }
        for continuation in admitted { continuation.resume() }
    }

    private static func admit(_ kind: Kind, _ state: inout State) -> Bool {
        guard !state.isAlone, kind == .shared || state.inside == 0 else { return false }
        state.inside += 1
        state.isAlone = kind == .alone
        return true
    }
}
