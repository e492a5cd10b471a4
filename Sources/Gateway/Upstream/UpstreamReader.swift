internal import AsyncHTTPClient
internal import DataPlane
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// The unpacked bytes of one upstream, as they come. At most a mebibyte or so is held; then the server waits.
///
/// One task or event loop at a time takes. The server may be silent only while somebody waits for it, and for
/// so long as the client's patience lasts.
final class UpstreamReader: Sendable {
    /// What there is to take.
    enum Taken: Sendable {
        case chunks([[UInt8]])
        /// All has come.
        case end
        case nothing
    }

    private let box: UpstreamBox
    private let client: UpstreamClient
    private let work: Task<Void, Never>

    init(_ upstream: Upstream, _ client: UpstreamClient) {
        let box = UpstreamBox()
        self.box = box
        self.client = client
        work = Task { await Self.fetch(upstream, client, into: box) }
    }

    deinit { cancel() }

    /// What has come since the last time. It does not wait.
    func take() throws(UpstreamTrouble) -> Taken { try box.take() }

    /// Whether there is something to take.
    var isReady: Bool { box.isReady }

    /// Calls once, when there is something to take, at the latest when patience ends.
    func whenReady(_ body: @escaping @Sendable () -> Void) {
        let (box, work, seconds) = (box, work, client.configuration.patienceSeconds)
        guard box.wait(body) else { return body() }
        let alarm = client.http.eventLoopGroup.any().scheduleTask(in: .seconds(seconds)) {
            box.end(.silent(afterSeconds: seconds))
            work.cancel()
        }
        if !box.keep(alarm) { alarm.cancel() }
    }

    /// Returns when there is something to take.
    func ready() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in whenReady { continuation.resume() } }
        } onCancel: {
            cancel()
        }
    }

    /// Nobody takes any more.
    func cancel() {
        box.end(.cancelled)
        work.cancel()
    }

    // MARK: The other side

    private static func fetch(_ upstream: Upstream, _ client: UpstreamClient, into box: UpstreamBox) async {
        do {
            let response = try await answer(to: upstream, client)
            guard response.status == .ok else { throw UpstreamTrouble.refused(status: response.status.code) }
            var unpacking = try Unpacking(response.headers, limit: client.configuration.maximumBytes)
            var buffers = response.body.makeAsyncIterator()
            while let buffer = try await next(&buffers) {
                try unpacking.push(Array(buffer.readableBytesView))
                while let piece = try unpacking.pull() {
                    guard await box.put(piece) else { return }
                }
            }
            try unpacking.finish()
            box.end(nil)
        } catch let trouble as UpstreamTrouble {
            box.end(trouble)
        } catch let fault as ClientFault {
            box.end(UpstreamTrouble(fault))
        } catch {
            box.end(.brokeOff(error))
        }
    }

    private static func answer(
        to upstream: Upstream, _ client: UpstreamClient
    ) async throws(UpstreamTrouble) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: upstream.url)
        request.headers.add(name: "Accept", value: upstream.format.mediaType)
        request.headers.add(name: "Accept-Encoding", value: "zstd, gzip")
        request.headers.add(name: "User-Agent", value: "sluis")
        if let bearer = upstream.bearer {
            request.headers.add(name: "Authorization", value: "Bearer \(bearer)")
        }
        do {
            do { return try await client.http.execute(request, deadline: .distantFuture) } catch {
                // A connection that was kept may have been closed in the moment in which it was used again.
                guard error as? HTTPClientError == .remoteConnectionClosed else { throw error }
                return try await client.http.execute(request, deadline: .distantFuture)
            }
        } catch let error as HTTPClientError where error == .connectTimeout {
            throw .silent(afterSeconds: client.connectSeconds)
        } catch {
            throw .unreachable(error)
        }
    }

    private static func next(
        _ buffers: inout HTTPClientResponse.Body.AsyncIterator
    ) async throws(UpstreamTrouble) -> ByteBuffer? {
        do { return try await buffers.next() } catch { throw .brokeOff(error) }
    }

    /// Within the limit, before and after.
    private struct Unpacking: ~Copyable {
        private var decompressor: Decompressor
        private let limit: Int
        private var packedBytes = 0
        private var unpackedBytes = 0

        init(_ headers: HTTPHeaders, limit: Int) throws {
            if let length = headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
                throw UpstreamTrouble.tooLarge(bytes: limit)
            }
            let coding = try Self.coding(headers[canonicalForm: "content-encoding"])
            decompressor = try Decompressor(coding)
            self.limit = limit
        }

        private static func coding(_ names: [Substring]) throws(UpstreamTrouble) -> ContentCoding {
            switch names.map({ $0.lowercased() }) {
            case [], ["identity"]: .identity
            case ["gzip"], ["x-gzip"]: .gzip
            case ["zstd"]: .zstd
            default: throw .coding(names.joined(separator: ", "))
            }
        }

        mutating func push(_ bytes: [UInt8]) throws {
            packedBytes += bytes.count
            guard packedBytes <= limit else { throw UpstreamTrouble.tooLarge(bytes: limit) }
            decompressor.push(bytes)
        }

        mutating func pull() throws -> [UInt8]? {
            guard let piece = try decompressor.pull() else { return nil }
            unpackedBytes += piece.count
            guard unpackedBytes <= limit else { throw UpstreamTrouble.tooLarge(bytes: limit) }
            return piece
        }

        func finish() throws { try decompressor.finish() }
    }
}

extension FileFormat {
    fileprivate var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }
}
