internal import Dispatch
internal import Model
internal import Synchronization

/// Makes published tiles durable, now and then, and writes down up to where they are: a start begins there.
///
/// One syncfs for thousands of files, on a queue of its own: a sync of each file would keep the disk from the
/// journal. What is not settled yet costs a start the time to hash it again, and nothing else.
final class Settler: Sendable {
    private struct State {
        var settledSize: UInt64 = 0
        var notBefore = DispatchTime.now()
        var isRunning = false
    }

    /// The least between two runs: so many entries, and so much time.
    private static let entriesBetween: UInt64 = 65_536
    private static let interval = DispatchTimeInterval.seconds(5)

    private let directory: String
    private let system: any FileSystem
    private let state = Mutex(State())
    private let queue = BackgroundQueue("sluis.log.settler")

    init(dataDirectory: String, in system: any FileSystem) {
        directory = dataDirectory
        self.system = system
    }

    /// Settles soon if it is time. The files of the tree must be written.
    func offer(_ synced: SyncedState, onFailure: @escaping @Sendable (LogError) -> Void) {
        let isDue = state.withLock { state in
            guard !state.isRunning, state.notBefore <= .now(),
                synced.size >= state.settledSize + Self.entriesBetween
            else { return false }
            state.isRunning = true
            return true
        }
        guard isDue else { return }
        queue.async {
            do throws(LogError) {
                try self.run(synced)
            } catch {
                onFailure(error)
            }
        }
    }

    /// Settles before it returns.
    func settle(_ synced: SyncedState) throws(LogError) {
        let result = queue.sync { () -> Result<Void, LogError> in
            do throws(LogError) { return .success(try self.run(synced)) } catch { return .failure(error) }
        }
        try result.get()
    }

    private func run(_ synced: SyncedState) throws(LogError) {
        try system.synchroniseFileSystem(at: directory + "/log")
        try system.replace(
            directory + "/journal/synced", with: synced.json.canonical,
            through: directory + "/journal/unsettled", durably: true)
        state.withLock { state in
            state.settledSize = synced.size
            state.notBefore = .now() + Self.interval
            state.isRunning = false
        }
    }
}
