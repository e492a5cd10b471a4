internal import Dispatch

/// A serial queue for what nobody waits for, whose thread makes way for all others of this process.
///
/// Publishing writes hundreds of files in one go. At the priority of the thread that commits it would keep
/// that from a core for so long that callers feel it. At a real-time priority, which an operator may give the
/// hub, it is worse: of two such threads the kernel lets the one that runs go on, so that commits waited for
/// seconds, and its own threads, which do what the disk needs, wait too. That holds also for what has fallen
/// behind: it waits in memory (`Sequencer`), and in the end refuses entries.
///
/// Only queues of the quality of service `background` get such threads, and on Linux those serve no others:
/// nothing else in this process uses it.
struct BackgroundQueue: Sendable {
    /// As far from 0 as lets the commits go first without starving what publishes: beside one busy thread on
    /// the same core it gets a quarter.
    private static let niceness: Int32 = 5

    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label, qos: .background) }

    func async(_ work: @escaping @Sendable () -> Void) {
        queue.async {
            SystemFiles.makeThreadWait(niceness: Self.niceness)
            work()
        }
    }

    /// Runs it on the caller's thread, at the caller's priority, once what runs is done.
    func sync<Value>(_ work: () -> Value) -> Value { queue.sync(execute: work) }
}
