import Model
import NIOHTTP1

/// A no of the hub: RFC 9457 problem details, or an error of the token endpoint (RFC 6749 section 5.2).
struct HubProblem: Error {
    /// Bad lines that are shown to people; the rest is counted.
    static let shownBadLines = 20

    let status: Int
    /// The end of `urn:sluis:problem:CODE`, or OAuth's `error`; `http_STATUS` for an answer that is neither.
    let code: String
    let detail: String
    /// All members of the answer; empty if it was not a JSON object.
    let members: [String: JSON]
    /// The index of the entry, where the denial was logged.
    let entry: UInt64?

    init(status: Int, headers: HTTPHeaders, bytes: [UInt8], url: String) {
        self.init(
            status: status, members: (try? JSON.parse(bytes))?.object ?? [:], url: url,
            entry: headers.first(name: "Sluis-Entry").flatMap { UInt64($0) })
    }

    /// What a hub says, or would say, in these members.
    init(status: Int, members: [String: JSON], url: String = "the hub", entry: UInt64? = nil) {
        self.status = status
        self.members = members
        self.entry = entry
        code = members["code"]?.string ?? members["error"]?.string ?? "http_\(status)"
        detail =
            members["detail"]?.string ?? members["error_description"]?.string
            ?? members["error"]?.string ?? "\(url) answered with status \(status)"
    }

    var field: String? { members["field"]?.string }
    var found: String? { members["found"]?.string }
    var expected: String? { members["expected"]?.string }
    var remedy: String? { members["remedy"]?.string }
    /// Why a read was denied: objects with `code`, `layer`, `source`, `message`.
    var reasons: [JSON] { members["reasons"]?.array ?? [] }
    /// Of a file: the first hundred at most.
    var badLines: [JSON] { members["bad_lines"]?.array ?? [] }
    /// Agreements that would lose fields: objects with `agreement`, `consumer`, `fields`.
    var breaks: [JSON] { members["breaks"]?.array ?? [] }
    var badLineCount: Int { members["bad_line_count"]?.integer.map { Int($0) } ?? badLines.count }

    /// 1 for a no, 2 for bad input, 3 for what may work later.
    var exitStatus: Int32 {
        switch status {
        case 401, 403, 409: ExitCodes.refused
        case 408, 500...: ExitCodes.unreachable
        default: isOAuthDenial ? ExitCodes.refused : ExitCodes.badInput
        }
    }

    /// The token endpoint says 400 to bad input and to a denial alike; a denial has its entry, or an ended
    /// grant.
    private var isOAuthDenial: Bool {
        guard let error = members["error"]?.string else { return false }
        return entry != nil
            || ["invalid_grant", "invalid_client", "unauthorized_client", "access_denied"].contains(error)
    }

    /// What is said on standard error: one line, and one for each of the first bad lines and
    /// for each agreement that would lose fields.
    var lines: [String] {
        let first = ClientFault(
            .badInput, code, detail, field: field, found: found, expected: expected, remedy: remedy)
        return [first.description + (entry.map { " (entry \($0))" } ?? "")]
            + BadLineText.lines(badLines, count: badLineCount, atMost: Self.shownBadLines)
            + breaks.map(FieldRequest.loss)
    }
}

/// Bad lines of a file for people.
enum BadLineText {
    /// - Parameters:
    ///   - badLines: as the publish answer lists them.
    ///   - count: of all, listed or not.
    static func lines(_ badLines: [JSON], count: Int, atMost limit: Int) -> [String] {
        let shown = badLines.prefix(limit)
        let rest = count - shown.count
        return shown.map(line) + (rest > 0 ? ["and \(rest) more bad \(rest == 1 ? "line" : "lines")"] : [])
    }

    private static func line(_ json: JSON) -> String {
        let place = "line \(json["line"]?.integer ?? 0), column \(json["column"]?.integer ?? 0)"
        let field = json["field"]?.string.map { " (`\($0)`)" } ?? ""
        // A fault writes what could steer a terminal in a form that cannot.
        return ClientFault(
            .unprocessable, "bad_line", "\(place)\(field): \(json["message"]?.string ?? "bad")",
            found: json["value"]?.string, remedy: json["remedy"]?.string
        ).description
    }
}
