import ArgumentParser
import DataPlane
import Foundation
import Model
import NIOHTTP1

struct ReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read the rows that their owners let flow, as the agreement's consumer.",
        discussion: """
            The rows go to standard output as they come. Status 0 means that all of them came and that their \
            digest is what the hub says it sent. An open dataset needs no token.
            """)

    @Argument(help: "The dataset.", transform: ArgumentReader.slug) var dataset: Slug

    @Option(
        help: ArgumentHelp(
            "A file with what `sluis token` printed, or the bare token; - for standard input.",
            valueName: "file"))
    var token: String?

    @Option(
        help: ArgumentHelp("Only these fields, in this order.", valueName: "a,b"),
        transform: ArgumentReader.names)
    var fields: [String]?

    @Option(help: "csv or ndjson.") var format = Format.csv

    @Option(help: ArgumentHelp("Write the status line, headers and trailers there.", valueName: "file"))
    var headers: String?

    @Option(
        help: ArgumentHelp("The profile to call the hub with (default: $SLUIS_PROFILE).", valueName: "folder")
    )
    var profile: String?

    @Flag(help: "When all rows came, print one line of JSON about them on standard error.") var json = false

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, ndjson

        var mediaType: String { self == .csv ? "text/csv" : "application/x-ndjson" }
    }

    func run() async throws {
        let client = HubClient(
            try Profile.choose(profile, environment: ProcessInfo.processInfo.environment))
        let account = ReadAccount(file: try headers.map(ReadAccount.newFile))
        let answer = try await client.download(
            path, headers: requestHeaders(), onHead: { try account.head($0, $1) },
            onBytes: { try account.body($0) })
        let summary = try account.end(answer)
        if json { StandardError.write(summary.canonicalText + "\n") }
    }

    var path: String {
        let names = fields.map { "?fields=" + PercentEncoder.encode($0.joined(separator: ",")) }
        return "/data/\(dataset)" + (names ?? "")
    }

    func requestHeaders() throws -> HTTPHeaders {
        var headers: HTTPHeaders = ["Accept": format.mediaType]
        if let token {
            let text = try InputFile.text(token, option: "--token")
            headers.add(name: "Authorization", value: "Bearer " + (try Self.bearer(text)))
        }
        return headers
    }

    /// The token in a token response, or the text itself if it is one.
    static func bearer(_ text: String) throws(ClientFault) -> String {
        let text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let token = text.hasPrefix("{") ? (try? JSON.parse(text))?["access_token"]?.string : text
        // RFC 6750 section 2.1.
        let marks = Array("-._~+/=".utf8)
        guard let token, !token.isEmpty,
            token.utf8.allSatisfy({ byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || marks.contains(byte)
            })
        else {
            throw ClientFault(
                .badInput, "bad_token", "there is no token in what was given", field: "--token",
                expected: "what `sluis token` prints, or a bare token")
        }
        return token
    }
}
