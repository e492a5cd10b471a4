internal import Dispatch

/// Long work on files runs here, so that those who withdraw never wait for it: the threads that serve calls
/// are as few as the processors.
public enum Offload {
    private static let queue = DispatchQueue(label: "sluis.consent.work", attributes: .concurrent)
    private static let backgroundQueue = DispatchQueue(label: "sluis.consent.background", qos: .utility)

    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws
        -> Value
    {
        try await run(on: queue, body)
    }

    /// For what nobody waits for impatiently: one thing at a time, in turn.
    static func background<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value { try await run(on: backgroundQueue, body) }

    private static func run<Value: Sendable>(
        on queue: DispatchQueue, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try body() }) }
        }
    }
}
