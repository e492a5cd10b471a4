internal import Consent
internal import DataPlane
internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore

extension Gateway {
    /// `PUT /api/v1/datasets/{id}/upstream`: where the rows are, as the next version.
    func connectDataset(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let upstream = try Upstream(
            url: try members.text("url"),
            format: try members.optional("format", "csv or ndjson") {
                $0.string.flatMap { FileFormat(rawValue: $0) }
            } ?? .csv,
            bearer: try members.optional("bearer", "a bearer token") { $0.string })
        let isNew = try members.optional("as_new", "true or false") { $0.bool } ?? false
        try members.finish()
        let dataset = try call.slug("id")
        let recorded = try await exchange.connect(
            dataset, to: upstream, asNew: isNew, by: try call.requiredCaller)
        return .json(
            [
                "dataset": .string(dataset.text), "version": .integer(Int64(recorded.value.version)),
                "fields": .array(recorded.value.fields.map(\.json)), "upstream": upstream.json,
                "entry": recorded.entryJSON,
            ], entry: recorded.entry)
    }

    /// Answers with the rows of a connected dataset. Before the head goes the server has answered, and what
    /// came first could be read: a fault in it is still a problem, with its status.
    func stream(_ read: DataRead, from source: ReadPlan.Source) async throws -> Response {
        let entry = try await exchange.append(read.entries.decided)
        do {
            guard source.isAllowed, let upstreams = parts.upstreams else { throw UpstreamTrouble.notAllowed }
            let reader = upstreams.read(source.upstream)
            let start = try await watching(read.channel, for: reader) {
                try await begin(RowCursor(read.rows), read, reader)
            }
            let head = head(of: read, nil, entry)
            return Response(
                status: head.status, headers: head.headerFields,
                body: Download(read, from: Inflow(start: start, reader: reader), decision: entry).body)
        } catch {
            read.end()
            let trouble = UpstreamTrouble.of(error)
            _ = try? await exchange.appendOutcome(
                read.entries.completed(.nothing(.cut, trouble?.fault), withheld: nil))
            // Nobody gets the answer.
            if error is CancellationError { return Response(status: .serviceUnavailable) }
            guard let trouble else { throw error }
            trouble.report(to: parts.logger, of: read.plan.dataset)
            var problem = trouble.problem
            problem.fields[.sluisEntry] = String(entry)
            throw ProblemError(problem: problem)
        }
    }

    private static let pauseBeforeLook = Duration.milliseconds(10)

    /// Runs `body`; if the reader's connection is closed meanwhile nothing more is fetched.
    private func watching<Value: Sendable>(
        _ channel: any Channel, for reader: UpstreamReader, _ body: () async throws -> Value
    ) async throws -> Value {
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
                .follow(onWritable: {}, onClose: { reader.cancel() })
        }.get()
        defer {
            channel.eventLoop.execute {
                try? channel.pipeline.syncOperations.handler(type: ConnectionHandler.self).unfollow()
            }
        }
        return try await body()
    }

    /// Reads on until there is a row that may be sent, as much as is looked at for one block, or all.
    /// - Throws: `CancellationError` if the reader has gone.
    private func begin(
        _ cursor: RowCursor, _ read: DataRead, _ reader: UpstreamReader
    ) async throws -> RowCursor {
        var cursor = cursor
        var tried = 0
        while true {
            await reader.ready()
            try Task.checkCancellation()
            guard read.channel.isActive else { throw CancellationError() }
            _ = cursor.feed(try reader.take())
            let isFull = !cursor.wantsInput
            // Twice as much each time, as it is looked at anew; or what would have to wait, but not for every
            // few bytes of a server that dribbles.
            if !isFull, cursor.unreadBytes < 2 * tried {
                try await Task.sleep(for: Self.pauseBeforeLook)
                if reader.isReady { continue }
            }
            tried = cursor.unreadBytes
            if try cursor.isFirstBlockThere(read.plan.view) || isFull { return cursor }
        }
    }
}

extension UpstreamTrouble {
    /// For the operator: readers and the log are not told where the rows are.
    func report(to logger: Logger, of dataset: Slug) {
        logger.error(
            "an upstream could not be read",
            metadata: [
                "dataset": "\(dataset)", "code": "\(code)", "message": "\(message)", "cause": "\(cause)",
            ])
    }
}

extension Upstream {
    /// For its provider; without the bearer token.
    var json: JSON {
        [
            "url": .string(url), "format": .string(format.rawValue),
            "has_bearer": .bool(bearer != nil),
        ]
    }
}
