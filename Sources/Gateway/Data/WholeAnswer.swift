internal import AuditLog
internal import Consent
internal import DataPlane
internal import HTTPTypes
internal import Logging
internal import Model
internal import NIOCore

/// An answer that was assembled whole, under the view of the filter with which it was decided, before its
/// one entry was written.
///
/// It leaves in one piece, head and trailers included, inside the ticket's border and only while the epoch is
/// still the one under which it was assembled. One that does not leave is taken back: its side file forgets
/// the owners, and a second entry of the stream says that nothing was sent.
struct WholeAnswer: Sendable {
    /// Of the body.
    static let maximumBytes = 64 << 10

    /// What became of it.
    enum Fate: Sendable {
        /// It was handed to the kernel.
        case sent
        /// The filter has changed since it was assembled: nothing was sent.
        case overtaken
        /// The connection is gone: nothing was sent.
        case closed
    }

    let read: DataRead
    /// What of it is sent; nil for all.
    let part: BodyPart?
    let bytes: [UInt8]
    let account: Sent

    /// Assembles a block at most: nil if that is not all (an empty block that is not the last included), or
    /// with the header more than `maximumBytes` before content coding.
    ///
    /// - Parameter range: what of it is wanted; nil for all.
    /// - Throws: `UnsatisfiableRange`.
    init?(_ read: DataRead, _ range: ByteRange?) throws {
        guard let pieces = try Self.pieces(read) else { return nil }
        let total = pieces.reduce(0) { $0 + $1.bytes.count }
        let part = try range.map { try BodyPart($0, ofTotal: total) }
        var pump = try RowPump(read, part: part)
        var bytes: [UInt8] = []
        for piece in pieces { bytes += try pump.account(piece) }
        bytes += try pump.end() ?? []
        self.read = read
        self.part = part
        self.bytes = bytes
        account = pump.sent(.complete)
    }

    private static func pieces(_ read: DataRead) throws -> [RowCursor.Piece]? {
        var cursor = RowCursor(read.rows)
        var pieces: [RowCursor.Piece] = []
        while let piece = try cursor.next(read.plan.view) {
            cursor.pass(piece)
            let isLast = piece.block?.isLast
            guard isLast != false, cursor.offset <= maximumBytes else { return nil }
            pieces.append(piece)
            if isLast == true { break }
        }
        return pieces
    }

    /// Its place in the log.
    struct Logged: Sendable {
        let index: UInt64
        /// To the side file.
        let commitment: [UInt8]?
        /// What the reader comes back with.
        let cursor: String?
    }

    /// Writes side file and entry, and waits until that is in the log.
    func log() async throws(RetryableFault) -> Logged {
        try await read.exchange.sideFiles.carrying { () async throws(RetryableFault) in try await record() }
    }

    private func record() async throws(RetryableFault) -> Logged {
        let commitment = await read.keep(account)
        do {
            let index = try await read.exchange.append(
                read.entries.whole(account.outcome(delivered: commitment), withheld: read.plan.withheld))
            return Logged(index: index, commitment: commitment, cursor: await read.cursor(after: account))
        } catch {
            // Should the entry come to light after all, nobody can tell whose rows went: none did.
            if commitment != nil { read.exchange.parts.log.removeSideFile(stream: read.entries.stream) }
            throw error
        }
    }

    /// What the entries of further reads of it have in common, all of which share its side file; nil if that
    /// cannot be said.
    ///
    /// - Parameter commitment: to the side file.
    func template(delivered commitment: [UInt8]) -> EntryTemplate? {
        let event = read.entries.whole(
            account.outcome(delivered: commitment), withheld: read.plan.withheld,
            sharing: read.entries.stream)
        let exchange = read.exchange
        return EntryTemplate(exchange.parts.sealer.seal(event, at: exchange.now, number: nil).bytes)
    }

    /// Hands it to the kernel, or nothing.
    ///
    /// - Parameters:
    ///   - logged: its place in the log.
    ///   - head: of the answer.
    func send(_ logged: Logged, under head: HTTPResponse) async throws -> Fate {
        let channel = read.channel
        let promise = channel.eventLoop.makePromise(of: Fate.self)
        channel.eventLoop.execute {
            do {
                let connection = try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
                let trailers = read.trailers(
                    account, decision: logged.index, completion: logged.index, cursor: logged.cursor)
                Sending(self, head, trailers, connection, promise).begin()
            } catch {
                promise.succeed(.closed)
            }
        }
        let fate = try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        read.end()
        return fate
    }

    /// Says that nothing was sent of the answer that stands in the log.
    ///
    /// If that fails the entry stands: histories may tell of a read that reached nobody, never of one less
    /// than there were.
    func takeBack(_ logged: Logged) async {
        read.plan.reservation?.giveBack()
        do {
            // First, since owners who are erased are not looked for in what was taken back.
            if let commitment = logged.commitment {
                _ = try read.exchange.parts.log.eraseLines(
                    ofSideFile: read.entries.stream, commitment: commitment, where: { _ in true })
            }
            _ = try await read.exchange.appendOutcome(
                read.entries.unsent(logged.index, withheld: read.plan.withheld))
        } catch {
            read.logger.error("an unsent answer could not be taken back", metadata: ["error": "\(error)"])
        }
    }

    /// The part that lives on the event loop.
    private final class Sending {
        private let answer: WholeAnswer
        private let head: HTTPResponse
        private let trailers: HTTPFields
        private let connection: ConnectionHandler
        private let promise: EventLoopPromise<Fate>
        private var isDone = false

        init(
            _ answer: WholeAnswer, _ head: HTTPResponse, _ trailers: HTTPFields,
            _ connection: ConnectionHandler, _ promise: EventLoopPromise<Fate>
        ) {
            self.answer = answer
            self.head = head
            self.trailers = trailers
            self.connection = connection
            self.promise = promise
        }

        func begin() {
            connection.follow(onWritable: { self.attempt() }, onClose: { self.finish { .closed } })
            attempt()
        }

        private func attempt() {
            guard answer.read.channel.isActive else { return finish { .closed } }
            // What the client has not taken of earlier answers goes first.
            guard answer.read.channel.isWritable else { return }
            finish { self.write() }
        }

        private func write() -> Fate {
            let plan = answer.read.plan
            guard let ticket = answer.read.ticket else { return handOver() }
            return ticket.atBorder(at: answer.read.exchange.now) { view in
                view.map(\.epoch) == plan.view?.epoch ? handOver() : .overtaken
            }
        }

        private func handOver() -> Fate {
            guard connection.send(head, body: answer.bytes, trailers) else { return .closed }
            answer.read.plan.reservation?.spend()
            answer.read.admission.charge(answer.bytes.count)
            answer.read.count(answer.account)
            return .sent
        }

        /// A write may tell of its own end before it returns: that comes too late here.
        private func finish(_ fate: () -> Fate) {
            guard !isDone else { return }
            isDone = true
            connection.unfollow()
            promise.succeed(fate())
        }
    }
}
