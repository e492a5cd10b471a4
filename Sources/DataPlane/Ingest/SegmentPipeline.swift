import Dispatch
import Synchronization

/// Sorts and writes segments on a thread of its own while the next rows are read: at most one is waited for.
final class SegmentPipeline: Sendable {
    private struct State {
        var segments: [Manifest.Segment] = []
        /// By ordinal.
        var rows: [UInt32] = []
        var failure: (any Error)?
        /// On its way to become a segment. It stands here alone, so that it can be emptied and used again.
        var full: SegmentBuffer?
        /// Empty, with the memory of one that was written.
        var spare: SegmentBuffer?
    }

    private let directory: String
    private let disk: Disk
    private let version: Int
    private let fieldCount: Int
    private let hasOwners: Bool
    private let queue = DispatchQueue(label: "sluis.ingest.segments", qos: .userInitiated)
    private let state = Mutex(State())

    init(version: Int, fieldCount: Int, hasOwners: Bool, in directory: String, disk: Disk) {
        self.version = version
        self.fieldCount = fieldCount
        self.hasOwners = hasOwners
        self.directory = directory
        self.disk = disk
    }

    /// Has a segment written once those before are.
    /// - Parameter buffer: its rows; empty afterwards.
    /// - Throws: what an earlier one failed with.
    func submit(
        _ buffer: inout SegmentBuffer, number: Int, firstSequence: Int, ordinals: Int
    ) throws {
        try wait()
        state.withLock { state in
            state.full = buffer
            buffer = state.spare.take() ?? SegmentBuffer()
        }
        queue.async { [self] in
            guard var buffer = state.withLock({ $0.full.take() }) else { return }
            do {
                let segment = try write(buffer, number, firstSequence: firstSequence, ordinals: ordinals)
                state.withLock { state in
                    state.segments.append(segment)
                    buffer.count(into: &state.rows, ordinals: ordinals)
                    buffer.clear()
                    state.spare = buffer
                }
            } catch {
                state.withLock { $0.failure = error }
            }
        }
    }

    private func write(
        _ buffer: SegmentBuffer, _ number: Int, firstSequence: Int, ordinals: Int
    ) throws -> Manifest.Segment {
        var writer = try SegmentWriter(
            version: version, number: number, firstSequence: firstSequence,
            fieldCount: fieldCount, hasOwners: hasOwners, in: directory, disk: disk)
        try buffer.write(to: &writer, ordinals: ordinals)
        return try writer.finish(sequenceCount: buffer.count)
    }

    /// Waits until all that was submitted is written.
    /// - Returns: all segments.
    /// - Throws: what one failed with.
    @discardableResult
    func wait() throws -> [Manifest.Segment] {
        queue.sync {}
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.segments
        }
    }

    /// How many rows each owner has in what was written, by ordinal.
    var rows: [UInt32] { state.withLock { $0.rows } }

    /// Waits until nothing is written any more, whether or not it failed.
    func drain() { queue.sync {} }
}
