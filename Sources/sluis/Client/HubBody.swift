import AsyncHTTPClient
import Foundation
import Model
import NIOCore

/// The body of a request.
struct HubBody: Sendable {
    let contentType: String
    /// Whether it is sent piece by piece.
    let isFile: Bool
    private let content: @Sendable (SilenceWatch, Duration) -> HTTPClientRequest.Body

    static func json(_ json: JSON) -> HubBody { bytes(json.canonical, "application/json") }

    static func bytes(_ bytes: [UInt8], _ contentType: String) -> HubBody {
        HubBody(contentType: contentType, isFile: false) { _, _ in .bytes(ByteBuffer(bytes: bytes)) }
    }

    /// `application/x-www-form-urlencoded`.
    static func form(_ pairs: KeyValuePairs<String, String>) -> HubBody {
        bytes(Array(PercentEncoder.pairs(pairs).utf8), "application/x-www-form-urlencoded")
    }

    /// A file, read as it is sent.
    static func file(_ upload: FileUpload, _ contentType: String) -> HubBody {
        HubBody(contentType: contentType, isFile: true) { watch, patience in
            .stream(
                upload.watched(by: watch, patience),
                length: .known(Int64(upload.sizeBytes - upload.firstByte)))
        }
    }

    /// - Parameter patience: how long the hub may be silent when all was sent.
    func content(watchedBy watch: SilenceWatch, _ patience: Duration) -> HTTPClientRequest.Body {
        content(watch, patience)
    }
}

/// A file on its way to the hub, a piece at a time.
struct FileUpload: AsyncSequence, Sendable {
    let path: String
    /// The option that named it.
    let option: String
    /// Of the whole file.
    let sizeBytes: Int
    /// Where it begins to be sent.
    let firstByte: Int
    private let onBytes: @Sendable (Int) -> Void
    private var onEnd: @Sendable () -> Void = {}

    /// - Parameter onBytes: told how many bytes each piece has.
    /// - Throws: `ClientFault` if there is no such file.
    init(
        _ path: String, option: String, from firstByte: Int = 0, onBytes: @escaping @Sendable (Int) -> Void
    ) throws {
        self.path = path
        self.option = option
        self.firstByte = firstByte
        sizeBytes = try InputFile.sizeBytes(path, option: option)
        self.onBytes = onBytes
    }

    private init(_ other: FileUpload, onBytes: @escaping @Sendable (Int) -> Void) {
        path = other.path
        option = other.option
        sizeBytes = other.sizeBytes
        firstByte = other.firstByte
        self.onBytes = onBytes
    }

    /// Each piece that the network takes is a sign of life.
    ///
    /// - Parameter patience: how long the hub may be silent behind the last.
    func watched(by watch: SilenceWatch, _ patience: Duration) -> FileUpload {
        var watched = FileUpload(self) { [onBytes] count in
            watch.heard()
            onBytes(count)
        }
        watched.onEnd = { watch.allow(patience) }
        return watched
    }

    func makeAsyncIterator() -> Iterator { Iterator(upload: self) }

    struct Iterator: AsyncIteratorProtocol {
        let upload: FileUpload
        private var pieces: (() throws -> [UInt8]?)?
        private var sentBytes: Int

        init(upload: FileUpload) {
            self.upload = upload
            sentBytes = upload.firstByte
        }

        mutating func next() async throws -> ByteBuffer? {
            if pieces == nil {
                let file = try InputFile.open(upload.path, upload.option)
                try file.seek(toOffset: UInt64(upload.firstByte))
                pieces = { [upload] in try InputFile.piece(of: file, upload.path, upload.option) }
            }
            let piece = try pieces?()
            sentBytes += piece?.count ?? 0
            guard sentBytes <= upload.sizeBytes, piece != nil || sentBytes == upload.sizeBytes else {
                throw ClientFault(
                    .badInput, "file_changed", "`\(upload.path)` changed while it was sent",
                    field: upload.option,
                    remedy: "try again when nobody writes to it")
            }
            upload.onBytes(piece?.count ?? 0)
            if piece == nil { upload.onEnd() }
            return piece.map { ByteBuffer(bytes: $0) }
        }
    }
}
