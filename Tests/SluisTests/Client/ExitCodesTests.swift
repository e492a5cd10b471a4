import ArgumentParser
import Model
import NIOHTTP1
import RemoteHub
import Testing

@testable import sluis

@Suite("How the program ends")
struct ExitCodesTests {
    private func error(_ arguments: String...) throws -> any Error {
        try #require(throws: (any Error).self) {
            var command = try Sluis.parseAsRoot(arguments)
            try command.run()
        }
    }

    @Test("Bad usage is 2, one line, and points to the help")
    func usage() throws {
        let error = try error("org", "add", "kbo", "--name", "KBO")
        #expect(ExitCodes.code(for: error) == 2)
        let message = ExitCodes.message(for: error)
        #expect(message.hasPrefix("sluis: "))
        #expect(message.contains("--roles"))
        #expect(message.contains("sluis org add --help"))
        #expect(!message.contains("\n"))
    }

    @Test("An unknown command and an unknown option are 2 as well")
    func unknown() throws {
        #expect(ExitCodes.code(for: try error("fly")) == 2)
        let option = try error("agree", "--fast", Sample.id)
        #expect(ExitCodes.code(for: option) == 2)
        #expect(ExitCodes.message(for: option).contains("--fast"))
    }

    @Test("A value that cannot be is named with its option and with what was expected")
    func value() throws {
        let message = ExitCodes.message(for: try error("grant", "7"))
        #expect(message.contains("'7'"))
        #expect(message.contains("<agreement>"))
        #expect(message.contains("lower-case UUIDv7"))
        #expect(!message.contains("\n"))
    }

    @Test("A value with control characters cannot steer the terminal")
    func control() throws {
        let message = ExitCodes.message(for: try error("grant", "\u{1B}[2J\n"))
        #expect(!message.unicodeScalars.contains { $0.value < 32 })
    }

    @Test("Help is not an error")
    func help() throws {
        let error = try error("log", "verify", "--help")
        #expect(ExitCodes.code(for: error) == 0)
        #expect(ExitCodes.message(for: error).contains("USAGE: sluis log verify"))
    }

    @Test(
        "Faults end as the hub's problems of the same kind do",
        arguments: [
            (ClientFault.Kind.badInput, 2), (.unauthenticated, 1), (.forbidden, 1), (.notFound, 2),
            (.conflict, 1), (.tooLarge, 2), (.unsupportedMediaType, 2), (.unprocessable, 2),
        ] as [(ClientFault.Kind, Int32)])
    func faults(kind: ClientFault.Kind, status: Int32) {
        let fault = ClientFault(kind, "x", "wrong", field: "--file", remedy: "mend it")
        #expect(ExitCodes.code(for: fault) == status)
        #expect(ExitCodes.message(for: fault) == "sluis: `--file`: wrong; mend it")
    }

    @Test("Not verified is 1, unreachable and later are 3, a closed pipe is nothing")
    func others() {
        #expect(ExitCodes.code(for: Refusal("not verified")) == 1)
        #expect(ExitCodes.message(for: Refusal("not verified")) == "sluis: not verified")
        #expect(ExitCodes.code(for: RetryableFault("log_down", "later")) == 3)
        let unreachable = HubUnreachable(
            url: "https://h:1/x", reason: "nothing listens there", remedy: "start the hub",
            mayHaveArrived: false)
        #expect(ExitCodes.code(for: unreachable) == 3)
        #expect(
            ExitCodes.message(for: unreachable)
                == "sluis: cannot reach the hub at https://h:1/x: nothing listens there; start the hub")
        #expect(ExitCodes.code(for: OutputClosed()) == 0)
        #expect(ExitCodes.message(for: OutputClosed()) == "")
        #expect(ExitCodes.code(for: ExitCode(7)) == 7)
    }

    @Test("Of a problem every line begins with the program's name")
    func problem() {
        let problem = HubProblem(
            status: 422, headers: [:],
            bytes: Array(
                #"""
                {"code":"bad_lines","detail":"the file has 1 bad line",
                "bad_lines":[{"line":2,"column":1,"message":"bad"}]}
                """#
                .utf8), url: "u")
        #expect(
            ExitCodes.message(for: problem)
                == "sluis: the file has 1 bad line\nsluis: line 2, column 1: bad")
    }

    @Test("What nobody expected is a failure of this machine, not a no")
    func unexpected() {
        struct Odd: Error, CustomStringConvertible { let description = "two\nlines" }
        #expect(ExitCodes.code(for: Odd()) == 3)
        #expect(ExitCodes.message(for: Odd()) == "sluis: two lines")
    }
}

/// Names that are well formed.
enum Sample {
    static let id = "01999999-9999-7999-8999-999999999999"
}
