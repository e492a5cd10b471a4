import ArgumentParser
import Glibc
import Model
import RemoteHub

/// How the program ends: 0 ok, permit, verified; 1 deny, refused, not verified; 2 bad input; 3 unreachable
/// or later.
enum ExitCodes {
    static let refused: Int32 = 1
    static let badInput: Int32 = 2
    static let unreachable: Int32 = 3

    /// Says what went wrong in one line on standard error (of help, all of it on standard output) and ends.
    static func exit(_ error: any Error) -> Never {
        let status = code(for: error)
        let text = message(for: error)
        if !text.isEmpty, status == 0 { try? StandardOutput.write(text + "\n") }
        if !text.isEmpty, status != 0 { StandardError.write(text + "\n") }
        Glibc.exit(status)
    }

    /// The exit status.
    static func code(for error: any Error) -> Int32 {
        switch error {
        case let problem as HubProblem: problem.exitStatus
        case let fault as ClientFault: code(for: fault.kind)
        case is Refusal: refused
        case is HubUnreachable, is RetryableFault: unreachable
        case is OutputClosed: 0
        case let code as ExitCode: code.rawValue
        default: libraryCode(for: error)
        }
    }

    private static func code(for kind: ClientFault.Kind) -> Int32 {
        switch kind {
        case .unauthenticated, .forbidden, .conflict: refused
        default: badInput
        }
    }

    /// Help is 0 and bad usage 64 for the library. What it does not know is a failure of this machine, not a
    /// no.
    private static func libraryCode(for error: any Error) -> Int32 {
        let code = Sluis.exitCode(for: error)
        return code == .success ? 0 : code == .validationFailure ? badInput : unreachable
    }

    /// What is to be said, without a line end; empty for nothing.
    static func message(for error: any Error) -> String {
        switch error {
        case let problem as HubProblem: problem.lines.map { prefix + $0 }.joined(separator: "\n")
        case is OutputClosed, is ExitCode: ""
        case is ClientFault, is Refusal, is HubUnreachable, is RetryableFault: prefix + "\(error)"
        default: libraryMessage(for: error)
        }
    }

    private static func libraryMessage(for error: any Error) -> String {
        switch libraryCode(for: error) {
        case 0: Sluis.fullMessage(for: error)
        case badInput: prefix + usageLine(error)
        default: prefix + oneLine("\(error)")
        }
    }

    /// The library says what is wrong, then usage and where help is, in several lines; this is one.
    private static func usageLine(_ error: any Error) -> String {
        let help = Sluis.fullMessage(for: error).split(separator: "\n").last { $0.contains("--help") }
        let pointer = help.map { "; " + $0.drop { $0 == " " } } ?? ""
        return oneLine(Sluis.message(for: error)) + pointer.replacing("; See", with: "; see")
    }

    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }.joined(
            separator: " ")
        return ClientFault(.badInput, "usage", line).description
    }

    private static let prefix = "sluis: "
}
