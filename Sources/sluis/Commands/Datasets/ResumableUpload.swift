import Cryptography
import DataPlane
import Model
import NIOHTTP1
import RemoteHub

/// Sends a file of rows so that a connection that breaks costs only what was under way on it: asks the hub
/// how far the file has come, and goes on from there.
struct ResumableUpload {
    /// Smaller files are sent in one request.
    static let minimumBytes = 8 << 20
    /// How often in a row it goes on without that a byte more comes in.
    private static let attempts = 8

    private let file: String
    private let kind: FileKind
    private let method: HubClient.Method
    private let dataset: Slug
    private let badLines: IngestShape.BadLinePolicy
    private let client: HubClient
    private let firstPause: Duration

    /// - Parameters:
    ///   - method: PUT in place of the dataset's rows, POST beside them.
    ///   - firstPause: before it goes on; twice as long each time after that, half a minute at most.
    init(
        _ file: String, _ kind: FileKind, _ method: HubClient.Method, to dataset: Slug,
        _ badLines: IngestShape.BadLinePolicy, by client: HubClient, firstPause: Duration = .seconds(1)
    ) {
        self.file = file
        self.kind = kind
        self.method = method
        self.dataset = dataset
        self.badLines = badLines
        self.client = client
        self.firstPause = firstPause
    }

    /// What the hub says of an upload.
    private struct Place {
        var path: String
        var offset: Int
        /// The publish answer, once it is there.
        var published: JSON?

        init(_ json: JSON) throws {
            guard let upload = json["upload"]?.string, let offset = json["offset"]?.integer else {
                throw Refusal("the hub's answer does not say how far the upload has come")
            }
            path = "/api/v1/uploads/\(upload)"
            self.offset = Int(offset)
            published = json["published"].flatMap { $0 == .null ? nil : $0 }
        }
    }

    private var mode: String { method == .put ? "replaces" : "adds" }

    /// - Parameter resumes: whether an upload that broke off earlier is gone on with.
    /// - Returns: the publish answer.
    /// - Throws: `HubUnreachable` when nothing more comes in.
    func send(resumes: Bool) async throws -> JSON {
        var place = try await resumes ? find() : begin()
        let size = try InputFile.sizeBytes(file, option: "--file")
        let progress = ProgressMeter("bytes of \(file) sent", total: UInt64(size))
        defer { progress.end() }
        var (failures, pause) = (0, firstPause)
        while true {
            progress.set(UInt64(place.offset), total: UInt64(size))
            do { return try await goOn(from: place, progress) } catch let error as HubUnreachable {
                failures += 1
                guard error.mayPass, failures <= Self.attempts else { throw Self.told(error) }
                StandardError.write(
                    "the connection broke; going on in \(pause.components.seconds) s (\(error.reason))\n")
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(30))
            guard let now = try await look(at: place) else { continue }
            if let published = now.published { return published }
            if now.offset > place.offset { (failures, pause) = (0, firstPause) }
            place = now
        }
    }

    private func goOn(from place: Place, _ progress: ProgressMeter) async throws -> JSON {
        let upload = try FileUpload(file, option: "--file", from: place.offset) { progress.advance(by: $0) }
        let answer = try await client.call(
            .patch, place.path, body: .file(upload, "application/partial-upload"),
            headers: ["Upload-Offset": String(place.offset), "Upload-Complete": "?1"],
            patience: Publication.patience)
        return try Publication.requirePublishAnswer(answer)
    }

    private func begin() async throws -> Place {
        var headers: HTTPHeaders = ["Content-Type": kind.contentType]
        if let coding = kind.contentEncoding { headers.add(name: "Content-Encoding", value: coding) }
        return try Place(
            try await client.call(
                .post, "/api/v1/datasets/\(dataset)/uploads?mode=\(mode)&bad_lines=\(badLines.rawValue)",
                headers: headers
            ).json)
    }

    /// Nil while the hub cannot be reached.
    private func look(at place: Place) async throws -> Place? {
        do { return try Place(try await client.call(.get, place.path).json) } catch let error
            as HubUnreachable where error.mayPass
        {
            return nil
        }
    }

    /// The upload of the dataset that broke off.
    /// - Throws: `ClientFault` if there is none, or if it is of another file.
    private func find() async throws -> Place {
        let list = try await client.call(.get, "/api/v1/datasets/\(dataset)/uploads").members("items")
        guard let found = list["items"]?.array?.first else {
            throw ClientFault(
                .notFound, "upload_unknown", "the hub has no upload of `\(dataset)` that broke off",
                field: "--resume", remedy: "send the file anew, without --resume")
        }
        let place = try Place(found)
        guard found["mode"]?.string == mode, try digest(ofFirst: place.offset) == found["sha256"]?.string
        else {
            throw ClientFault(
                .conflict, "upload_differs", "the upload that broke off was of another file or command",
                field: "--resume", remedy: "give the same, or send the file anew, without --resume")
        }
        return place
    }

    /// Nil if the file is shorter.
    private func digest(ofFirst count: Int) throws -> String? {
        var (digest, rest) = (SHA256Stream(), count)
        try InputFile.read(file, option: "--file") { piece in
            guard rest > 0 else { return }
            digest.update(Array(piece.prefix(rest)))
            rest -= min(rest, piece.count)
        }
        return rest == 0 ? Base64.encodeURL(digest.finalize()) : nil
    }

    private static func told(_ error: HubUnreachable) -> HubUnreachable {
        HubUnreachable(
            url: error.url, reason: error.reason, remedy: "go on with the same command and --resume",
            mayHaveArrived: error.mayHaveArrived)
    }
}
