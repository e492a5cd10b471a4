import Dispatch
import Foundation
import Model
import Synchronization
import Testing

/// A clock that stands still until a test moves it, and where a test can hold a caller.
final class TestClock: Sendable {
    private let time = Mutex(noon)
    private let anybody = Mutex<Hold?>(nil)

    /// What the hub reads. A caller may be held up here.
    func read() -> Instant {
        let read = time.withLock { $0 }
        (Lane.current?.hold ?? anybody.withLock { $0 })?.pass()
        return read
    }

    func set(_ instant: Instant) { time.withLock { $0 = instant } }

    func advance(milliseconds: Int64) { time.withLock { $0.milliseconds += milliseconds } }

    /// Holds whoever outside a lane comes to this reading, counted from now on.
    func hold(atReading reading: Int) -> Hold {
        let hold = Hold(atReading: reading)
        anybody.withLock { $0 = hold }
        return hold
    }
}

/// A place, given by how often the clock is read before it, where one caller is kept until he may go on.
///
/// Every change reads the clock just before its transaction begins: held there, a narrowing is in effect but
/// not committed.
final class Hold: Sendable {
    private struct State {
        var readings = 0
        var isThere = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let place: Int?
    private let state = Mutex(State())
    private let permission = DispatchSemaphore(value: 0)

    /// - Parameter reading: from 1; nil to hold nobody.
    init(atReading reading: Int?) { place = reading }

    /// Returns when the caller has come to the place.
    func reached() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.isThere { state.waiter = continuation }
                return state.isThere
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets the caller go on.
    func go() { permission.signal() }

    /// Called at each reading of the clock.
    fileprivate func pass() {
        let (isHeld, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            state.readings += 1
            guard state.readings == place else { return (false, nil) }
            state.isThere = true
            return (true, state.waiter.take())
        }
        guard isHeld else { return }
        waiter?.resume()
        permission.wait()
    }

    /// The caller is through. Whoever waits for one who never came must not wait for ever.
    fileprivate func end() {
        let waiter = state.withLock { state in
            if place != nil, !state.isThere {
                Issue.record("he read the clock \(state.readings) times and was never held")
            }
            state.isThere = true
            return state.waiter.take()
        }
        waiter?.resume()
    }
}

/// Runs one caller on a thread of his own, so that a test can hold him between two of his steps.
final class Lane: TaskExecutor {
    /// Of the thread, since the registry runs what it is given on a queue of its own, but on our thread.
    private static let key = "lane"
    static var current: Lane? { Thread.current.threadDictionary[key] as? Lane }

    let hold: Hold
    private let queue = DispatchQueue(label: "lane")

    /// - Parameter reading: the reading of the clock at which its caller is held, from 1; nil for none.
    init(stoppingAtReading reading: Int? = nil) { hold = Hold(atReading: reading) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            Thread.current.threadDictionary[Self.key] = self
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            Thread.current.threadDictionary[Self.key] = nil
        }
    }

    func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) -> Task<Value, any Error> {
        Task(executorPreference: self) {
            defer { self.hold.end() }
            return try await body()
        }
    }

    /// Returns when the caller has come to where he is held.
    func stopped() async { await hold.reached() }

    /// Lets the held caller go on.
    func go() { hold.go() }

    /// Keeps the lane from going on once what runs now waits for something, until `release`.
    func suspend() { queue.suspend() }
    func release() { queue.resume() }
}

/// Stands between the registry and the log: keeps back what was committed until a test lets it pass.
final class CommitGate: Sendable {
    private struct State {
        var isShut = false
        var held: [[OutboxRow]] = []
        var waiter: (count: Int, continuation: CheckedContinuation<Void, Never>)?
    }

    private let state = Mutex(State())
    private let deliver: @Sendable ([OutboxRow]) -> Void

    init(_ deliver: @escaping @Sendable ([OutboxRow]) -> Void) { self.deliver = deliver }

    /// Called by the registry after each commit, in order.
    func pass(_ rows: [OutboxRow]) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard state.isShut else {
                deliver(rows)
                return nil
            }
            state.held.append(rows)
            guard let waiter = state.waiter, state.held.count >= waiter.count else { return nil }
            state.waiter = nil
            return waiter.continuation
        }
        waiter?.resume()
    }

    func shut() { state.withLock { $0.isShut = true } }

    /// Returns when so many commits are held back.
    func holds(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.held.count >= count { return true }
                state.waiter = (count, continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// Lets all pass, in order.
    func open() {
        state.withLock { state in
            state.isShut = false
            for rows in state.held { deliver(rows) }
            state.held = []
        }
    }
}
