internal import DataPlane
internal import HTTPTypes
internal import HummingbirdCore
internal import Model

/// What the head of an upload says about the file in its body.
extension Call {
    private static let formats: KeyValuePairs<String, FileFormat> = [
        "text/csv": .csv, "application/x-ndjson": .ndjson,
    ]

    /// By `Content-Type`; CSV where there is none.
    /// - Throws: 415 with the types that are taken (RFC 9110 section 15.5.16).
    func fileFormat() throws -> FileFormat {
        guard let contentType else { return .csv }
        if let known = Self.formats.first(where: { $0.key == contentType }) { return known.value }
        let expected = Self.formats.map(\.key)
        throw Self.unsupported(
            "wrong_content_type", "the body has another type", .contentType, found: contentType,
            expected: expected.joined(separator: " or "), tells: .accept, expected.joined(separator: ", "))
    }

    /// By `Content-Encoding`, of which there is one at most.
    /// - Throws: 415 with the codings that are taken (RFC 9110 sections 12.5.3 and 15.5.16).
    func contentCoding() throws -> ContentCoding {
        guard let found = request.headers[.contentEncoding] else { return .identity }
        switch found.lowercased().filter({ $0 != " " && $0 != "\t" }) {
        case "identity": return .identity
        // RFC 9110 section 8.4.1.3 takes both names for the same.
        case "gzip", "x-gzip": return .gzip
        case "zstd": return .zstd
        default:
            throw Self.unsupported(
                "wrong_content_encoding", "the body is packed in another way", .contentEncoding, found: found,
                expected: "gzip, zstd or nothing", tells: .acceptEncoding, "gzip, zstd, identity")
        }
    }

    private static func unsupported(
        _ code: String, _ message: String, _ header: HTTPField.Name, found: String, expected: String,
        tells field: HTTPField.Name, _ taken: String
    ) -> ProblemError {
        var problem = Problem(
            ClientFault(
                .unsupportedMediaType, code, message, field: header.canonicalName, found: found,
                expected: expected))
        problem.fields[field] = taken
        return ProblemError(problem: problem)
    }
}
