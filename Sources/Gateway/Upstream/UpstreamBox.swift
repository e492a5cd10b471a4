internal import NIOCore
internal import Synchronization

/// What lies between the one who fetches an upstream and the one who reads it.
final class UpstreamBox: Sendable {
    /// Above it who fetches waits.
    private static let wantedBytes = 1 << 20

    private struct State {
        var chunks: [[UInt8]] = []
        var bytes = 0
        /// Whether nothing more comes.
        var hasEnded = false
        var trouble: UpstreamTrouble?
        /// Called when there is something to take.
        var onReady: (@Sendable () -> Void)?
        var alarm: Scheduled<Void>?
        /// Continued when there is room.
        var fetcher: CheckedContinuation<Void, Never>?

        var isReady: Bool { !chunks.isEmpty || hasEnded }

        mutating func takeWaiter() -> (@Sendable () -> Void)? {
            alarm?.cancel()
            alarm = nil
            return onReady.take()
        }
    }

    private let state = Mutex(State())

    /// All that there is. What came before trouble goes first.
    func take() throws(UpstreamTrouble) -> UpstreamReader.Taken {
        typealias Found = (UpstreamReader.Taken, UpstreamTrouble?, CheckedContinuation<Void, Never>?)
        let (taken, trouble, fetcher) = state.withLock { state -> Found in
            let chunks = state.chunks
            (state.chunks, state.bytes) = ([], 0)
            if !chunks.isEmpty { return (.chunks(chunks), nil, state.fetcher.take()) }
            return (state.hasEnded ? .end : .nothing, state.trouble, state.fetcher.take())
        }
        fetcher?.resume()
        if let trouble { throw trouble }
        return taken
    }

    var isReady: Bool { state.withLock { $0.isReady } }

    /// - Returns: false if there is something to take already: then nobody is called.
    func wait(_ onReady: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard !state.isReady else { return false }
            state.onReady = onReady
            return true
        }
    }

    /// - Returns: false if nobody waits any more.
    func keep(_ alarm: Scheduled<Void>) -> Bool {
        state.withLock { state in
            guard state.onReady != nil else { return false }
            state.alarm = alarm
            return true
        }
    }

    /// Puts bytes in, and returns when there is room for more.
    ///
    /// - Returns: false if nobody takes them.
    func put(_ chunk: [UInt8]) async -> Bool {
        let waiter = state.withLock { state -> (@Sendable () -> Void)? in
            guard !state.hasEnded else { return nil }
            state.chunks.append(chunk)
            state.bytes += chunk.count
            return state.takeWaiter()
        }
        waiter?()
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard !state.hasEnded, state.bytes >= Self.wantedBytes else { return true }
                state.fetcher = continuation
                return false
            }
            if isFree { continuation.resume() }
        }
        return state.withLock { !$0.hasEnded }
    }

    /// Nothing more comes. Only the first end counts.
    ///
    /// - Parameter trouble: nil if all came.
    func end(_ trouble: UpstreamTrouble?) {
        let (waiter, fetcher) = state.withLock { state in
            if !state.hasEnded { (state.hasEnded, state.trouble) = (true, trouble) }
            return (state.takeWaiter(), state.fetcher.take())
        }
        waiter?()
        fetcher?.resume()
    }
}
