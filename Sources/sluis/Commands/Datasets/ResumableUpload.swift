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
        /// Of what was taken, base64url.
        var digest: String
        /// The publish answer, once it is there.
        var published: JSON?

        init(_ json: JSON) throws {
            guard let upload = json["upload"]?.string, let offset = json["offset"]?.integer,
                let digest = json["sha256"]?.string
            else { throw Refusal("the hub's answer does not say how far the upload has come") }
            path = "/api/v1/uploads/\(upload)"
            self.offset = Int(offset)
            self.digest = digest
            published = json["published"].flatMap { $0 == .null ? nil : $0 }
        }
    }

    private var mode: String { method == .put ? "replaces" : "adds" }

    /// - Parameter resumes: whether an upload that broke off earlier is gone on with.
    /// - Returns: the publish answer.
    /// - Throws: `HubUnreachable` when nothing more comes in; `ClientFault` if the file has changed.
    func send(resumes: Bool) async throws -> JSON {
        let size = try InputFile.sizeBytes(file, option: "--file")
        var place = try await resumes ? find() : begin()
        let progress = ProgressMeter("bytes of \(file) sent", total: UInt64(size))
        defer { progress.end() }
        var (failures, pause) = (0, firstPause)
        while true {
            if let published = place.published, place.offset == size { return published }
            progress.set(UInt64(place.offset), total: UInt64(size))
            var trouble: any Error
            do { return try await goOn(from: place, progress) } catch  where Self.mayPass(error) {
                trouble = error
            }
            var now: Place?
            while now == nil {
                failures += 1
                guard failures <= Self.attempts else { throw Self.told(trouble) }
                let reason = Self.reason(trouble)
                StandardError.write(
                    "the upload broke off; going on in \(pause.components.seconds) s (\(reason))\n")
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .seconds(30))
                do { now = try await look(at: place) } catch  where Self.mayPass(error) { trouble = error }
            }
            guard let now else { continue }
            try requireSameFile(now)
            if now.offset > place.offset { (failures, pause) = (0, firstPause) }
            place = now
        }
    }

    /// Whether the same may go well a moment later.
    private static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let error as HubUnreachable: error.mayPass
        case let problem as HubProblem:
            // Another place than was thought, or a hub that is busy.
            problem.status == 503 || ["upload_offset", "upload_over"].contains(problem.code)
        default: false
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as HubUnreachable: error.reason
        case let problem as HubProblem: problem.detail
        default: "\(error)"
        }
    }

    /// Two files must not become one.
    private func requireSameFile(_ place: Place) throws {
        guard try digest(ofFirst: place.offset) == place.digest else {
            throw ClientFault(
                .badInput, "file_changed", "`\(file)` changed while it was sent", field: "--file",
                remedy: "send it anew when nobody writes to it")
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

    private func look(at place: Place) async throws -> Place {
        try Place(try await client.call(.get, place.path).json)
    }

    /// The upload of the dataset that broke off, or whose answer was lost.
    /// - Throws: `ClientFault` if there is none, or if it is of another file.
    private func find() async throws -> Place {
        let list = try await client.call(.get, "/api/v1/datasets/\(dataset)/uploads").members("items")
        let all = list["items"]?.array ?? []
        guard !all.isEmpty else {
            throw ClientFault(
                .notFound, "upload_unknown", "the hub has no upload of `\(dataset)` that broke off",
                field: "--resume", remedy: "send the file anew, without --resume")
        }
        for item in all {
            let place = try Place(item)
            guard isOfThis(item), try digest(ofFirst: place.offset) == place.digest else { continue }
            // Whoever may still send it is stopped now.
            return try await look(at: place)
        }
        throw ClientFault(
            .conflict, "upload_differs", "the upload that broke off was of another file or command",
            field: "--resume", remedy: "give the same, or send the file anew, without --resume")
    }

    private func isOfThis(_ item: JSON) -> Bool {
        item["mode"]?.string == mode && item["bad_lines"]?.string == badLines.rawValue
            && item["format"]?.string == kind.format.rawValue
            && item["coding"]?.string == kind.coding.rawValue
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

    private static func told(_ error: any Error) -> any Error {
        guard let error = error as? HubUnreachable else { return error }
        return HubUnreachable(
            url: error.url, reason: error.reason, remedy: "go on with the same command and --resume",
            mayHaveArrived: error.mayHaveArrived)
    }
}
