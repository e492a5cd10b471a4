import DataPlane
import Model
import NIOHTTP1

/// A checked file on its way to become a version of a dataset.
struct Publication {
    /// When the last byte has come the hub still sorts the rows, which takes as long as the file is large.
    static let patience = Duration.seconds(3600)

    let draft: DatasetDraft
    let file: String
    let kind: FileKind
    let badLines: IngestShape.BadLinePolicy
    /// Whether to go on with an upload that broke off.
    let resumes: Bool

    /// Adds the dataset unless it is there already, then sends the file.
    ///
    /// - Returns: the publish answer.
    func send(by client: HubClient) async throws -> JSON {
        try await draft.add(by: client)
        return try await Self.send(
            file, kind, .put, to: draft.id, badLines: badLines, resumes: resumes, by: client)
    }

    /// Sends a file to a dataset that is there.
    ///
    /// - Parameters:
    ///   - method: PUT in place of its rows, POST beside them.
    ///   - resumes: whether to go on with an upload that broke off.
    /// - Returns: the publish answer.
    static func send(
        _ file: String, _ kind: FileKind, _ method: HubClient.Method, to id: Slug,
        badLines: IngestShape.BadLinePolicy, resumes: Bool, by client: HubClient
    ) async throws -> JSON {
        guard !resumes, try InputFile.sizeBytes(file, option: "--file") < ResumableUpload.minimumBytes else {
            return try await ResumableUpload(file, kind, method, to: id, badLines, by: client)
                .send(resumes: resumes)
        }
        let size = try InputFile.sizeBytes(file, option: "--file")
        let progress = ProgressMeter("bytes of \(file) sent", total: UInt64(size))
        defer { progress.end() }
        let upload = try FileUpload(file, option: "--file") { progress.advance(by: $0) }
        let answer = try await client.call(
            method, "/api/v1/datasets/\(id)/data?bad_lines=\(badLines.rawValue)",
            body: .file(upload, kind.contentType),
            headers: kind.contentEncoding.map { ["Content-Encoding": $0] } ?? [:],
            patience: patience)
        return try requirePublishAnswer(answer)
    }

    static func requirePublishAnswer(_ answer: HubAnswer) throws -> JSON {
        _ = try answer.members(
            "dataset", "version", "fields", "rows", "owners", "ownerless_rows", "bad_lines", "entry")
        return try answer.json
    }
}
