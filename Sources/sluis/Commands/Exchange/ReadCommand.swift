import ArgumentParser
import DataPlane
import Foundation
import Model
import NIOHTTP1
import RemoteHub

struct ReadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read",
        abstract: "Read the rows that their owners let flow, as the agreement's consumer.",
        discussion: """
            The rows go to standard output as they come. Status 0 means that all of them came and that their \
            digest is what the hub says it sent. An open dataset needs no token.

            With --out they go to FILE.part, which takes the name FILE when all of them are there. What \
            broke off goes on with --resume; where the data have changed since, it begins anew.
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

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only rows for which this is true, such as \"delay > 6 and plane in ('N1', 'N2')\".",
            valueName: "condition"))
    var condition: String?

    @Option(help: ArgumentHelp("At most so many rows.", valueName: "n")) var limit: Int?

    @Option(
        help: ArgumentHelp(
            "Only what came or was granted since the read that gave this cursor (see --json).",
            discussion: "In NDJSON, lines {\"retract\":KEY} come first: drop all rows of those owners.",
            valueName: "cursor"))
    var since: String?

    @Option(help: "original: in the order in which the rows were published.") var order: Order?

    @Option(help: "csv or ndjson.") var format = Format.csv

    @Option(help: ArgumentHelp("Write the rows there, not to standard output.", valueName: "file"))
    var out: String?

    @Flag(help: "Go on where an earlier read into the same file broke off.") var resume = false

    @Flag(help: "Have the rows compressed on their way.") var compress = false

    @Option(help: ArgumentHelp("Write the status line, headers and trailers there.", valueName: "file"))
    var headers: String?

    @Option(
        help: ArgumentHelp("The profile to call the hub with (default: $SLUIS_PROFILE).", valueName: "folder")
    )
    var profile: String?

    @Flag(help: "When all rows came, print one line of JSON about them on standard error.") var json = false

    enum Order: String, ExpressibleByArgument, CaseIterable { case original }

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case csv, ndjson

        var mediaType: String { self == .csv ? "text/csv" : "application/x-ndjson" }
    }

    func validate() throws {
        guard !resume || out != nil else {
            throw ValidationError("--resume goes on with a file: name it with --out")
        }
        guard !resume || !compress else {
            throw ValidationError("rows that come compressed begin anew: leave out --compress or --resume")
        }
    }

    func run() async throws {
        let client = HubClient(
            try Profile.choose(profile, environment: ProcessInfo.processInfo.environment))
        let file = try out.map { try PartialFile($0, resume: resume) }
        let record = try headers.map(ReadAccount.newFile)
        let account =
            if let file { ReadAccount(file: record, output: { try file.write($0) }) } else {
                ReadAccount(file: record)
            }
        let summary = try await read(client, account, into: file)
        try file?.finish()
        if json { StandardError.write(summary.canonicalText + "\n") }
    }

    private func read(
        _ client: HubClient, _ account: ReadAccount, into file: PartialFile?
    ) async throws -> JSON {
        var fields = try requestHeaders()
        if let file { fields.add(contentsOf: file.requestHeaders) }
        do {
            let answer = try await client.download(
                path, headers: fields,
                onHead: { status, headers in
                    try account.head(status, headers)
                    try file?.head(status, headers)
                }, onBytes: { try account.body($0) })
            return try account.end(answer)
        } catch let problem as HubProblem where file?.isWhole == true {
            let entry = problem.entry.map { JSON.integer(Int64(clamping: $0)) }
            return ["status": "complete", "bytes": 0, "entry": entry ?? .null]
        }
    }

    var path: String {
        let parameters = [
            ("fields", fields?.joined(separator: ",")), ("where", condition),
            ("limit", limit.map(String.init)), ("order", order?.rawValue), ("since", since),
        ]
        let given = parameters.compactMap { name, value in
            value.map { "\(name)=\(PercentEncoder.encode($0))" }
        }
        return "/data/\(dataset)" + (given.isEmpty ? "" : "?" + given.joined(separator: "&"))
    }

    func requestHeaders() throws -> HTTPHeaders {
        var headers: HTTPHeaders = ["Accept": format.mediaType]
        if compress { headers.add(name: "Accept-Encoding", value: "zstd, gzip") }
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
