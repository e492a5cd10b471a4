public import DataPlane
internal import Model
internal import Synchronization

/// The files of a dataset on their way to be read against their checksums.
///
/// All of them share one thread of low priority, a step at a time: nobody who reads or withdraws waits for
/// it. It can be left at any time, by letting it go.
public final class DatasetVerification: Sendable {
    private let dataset: Slug
    private let exchange: Exchange
    private let state = Mutex<(version: Int, verification: VersionVerification)?>(nil)

    /// Nil if one of the dataset is under way.
    init?(of dataset: Slug, _ exchange: Exchange) {
        guard exchange.versions.verifying.withLock({ $0.insert(dataset).inserted }) else { return nil }
        self.dataset = dataset
        self.exchange = exchange
    }

    deinit { exchange.versions.verifying.withLock { _ = $0.remove(dataset) } }

    /// How far it has come.
    public struct Progress: Sendable {
        public var version: Int
        public var done: VersionVerification.Progress
        public var total: VersionVerification.Progress
        public var isAtEnd: Bool
    }

    /// Reads on.
    /// - Throws: `DataPlaneError` for the first file or block that is not what was written, or cannot be
    ///   read.
    public func next() async throws -> Progress {
        if state.withLock({ $0 == nil }) { try await begin() }
        return try await Offload.background { [self] in
            try state.withLock { state in
                let goesOn = try state?.verification.step()
                guard let goesOn, let (version, verification) = state else {
                    preconditionFailure("it has begun")
                }
                return Progress(
                    version: version, done: verification.done, total: verification.total, isAtEnd: !goesOn)
            }
        }
    }

    /// Nobody changes the files while they are opened; what is open stays readable.
    private func begin() async throws {
        try await exchange.versions.files.holding(dataset) {
            guard let version = exchange.versions.current(of: dataset) else {
                preconditionFailure("a dataset that had data has")
            }
            try await Offload.background { [self] in
                try state.withLock { $0 = (version.identity.version, try version.verification()) }
            }
        }
    }
}
