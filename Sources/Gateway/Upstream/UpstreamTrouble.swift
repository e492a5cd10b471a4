internal import AsyncHTTPClient
internal import Consent
internal import DataPlane
internal import HTTPTypes
internal import Model

/// What keeps the rows of a connected dataset from coming: before anything was sent the answer is 502, 504 or
/// 413 (RFC 9110 section 15), behind that the stream is cut.
struct UpstreamTrouble: Error, Hashable {
    var status: HTTPResponse.Status
    var code: String
    /// For the reader, who is not told where the rows are.
    var message: String
    /// Of the upstream, where its bytes are at fault, from 1.
    var line: Int?
    var field: String?
    var remedy: String?
    /// For the operator's log.
    var cause = ""

    /// What the entry of the stream says of it.
    var fault: AccessEntries.Fault { AccessEntries.Fault(code: code, line: line) }

    static func unreachable(_ cause: any Error) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .badGateway, code: "upstream_unreachable",
            message: "the provider's server cannot be reached", remedy: "try again later", cause: "\(cause)")
    }

    static func brokeOff(_ cause: any Error) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .badGateway, code: "upstream_broke_off",
            message: "the provider's server broke off in the middle of its answer", remedy: "try again later",
            cause: "\(cause)")
    }

    static func silent(afterSeconds seconds: Int64) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .gatewayTimeout, code: "upstream_silent",
            message: "the provider's server sent nothing for \(seconds) seconds", remedy: "try again later")
    }

    static func refused(status: UInt) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .badGateway, code: "upstream_refused",
            message: "the provider's server answered with status \(status) instead of 200",
            remedy: "ask the provider whether the hub may read there")
    }

    static func tooLarge(bytes: Int) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .contentTooLarge, code: "upstream_too_large",
            message: "the dataset is larger than the \(bytes) bytes that the hub reads of an upstream",
            remedy: "ask the provider to split it, or the operator to raise `upstream.max_bytes`")
    }

    static func coding(_ found: String) -> UpstreamTrouble {
        UpstreamTrouble(
            status: .badGateway, code: "upstream_coding",
            message: "the provider's server packs its answer in a way that the hub did not ask for",
            remedy: "ask the provider to send it as gzip, zstd or as it is", cause: found)
    }

    static let notAllowed = UpstreamTrouble(
        status: .badGateway, code: "upstream_not_allowed",
        message: "the hub no longer reads where the provider has this dataset",
        remedy: "ask the operator to name the origin in `upstream.origins`")

    static let cancelled = UpstreamTrouble(
        status: .badGateway, code: "upstream_given_up", message: "the read was given up")

    /// Of packed bytes, and of the rows themselves.
    init(_ fault: ClientFault) {
        self.init(
            status: .badGateway, code: fault.code, message: "the provider's data: \(fault.message)",
            remedy: "tell the provider")
    }

    init(_ fault: UpstreamFault) {
        self.init(
            status: .badGateway, code: fault.code,
            message: "the provider's data cannot be read at line \(fault.line), column \(fault.column): "
                + fault.message,
            line: fault.line, field: fault.field, remedy: "tell the provider: \(fault.remedy)")
    }

    private init(
        status: HTTPResponse.Status, code: String, message: String, line: Int? = nil, field: String? = nil,
        remedy: String? = nil, cause: String = ""
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.line = line
        self.field = field
        self.remedy = remedy
        self.cause = cause
    }

    /// What an error comes to; nil if it is none of the upstream.
    static func of(_ error: any Error) -> UpstreamTrouble? {
        switch error {
        case let trouble as UpstreamTrouble: trouble
        case let fault as UpstreamFault: UpstreamTrouble(fault)
        default: nil
        }
    }

    var problem: Problem {
        var problem = Problem(status, code, message)
        problem.field = field
        problem.remedy = remedy
        return problem
    }
}
