import Foundation
import Testing

@Suite("The commands that README shows exist")
struct ConsoleSnippetsTests {
    static let hasPrograms = ["sluis", "sluis-verify"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: Repository.products.appending(path: $0).path)
    }

    @Test(
        "Every command in README's console blocks is one that the built programs accept",
        .enabled(if: hasPrograms, "needs the built programs"))
    func readme() throws {
        let targets = ConsoleSnippets.targets(in: try Repository.text("Makefile"))
        let invocations = ConsoleSnippets.invocations(in: try Repository.text("README.md"))
        #expect(invocations.contains { $0.program == "make" })
        for invocation in invocations {
            let objection = try ConsoleSnippets.objection(to: invocation, targets: targets) {
                program, subcommands in
                try Command.run(Repository.products.appending(path: program).path, subcommands + ["--help"])
                    .output
            }
            #expect(objection == nil, "README.md:\(invocation.line)")
        }
    }

    @Test("The targets that interfaces promise are in the Makefile")
    func makefile() throws {
        let targets = ConsoleSnippets.targets(in: try Repository.text("Makefile"))
        #expect(targets.isSuperset(of: ["deps", "build", "run", "serve", "test", "lint", "format", "clean"]))
    }

    private let markdown = """
        $ sluis outside
        ```console
        $ make run
        output, and $ sluis not a prompt
        $ SLUIS_PROFILE=p .build/release/sluis read flights \\
            --token - > rows.csv
        $ sluis token --agreement "a b" | sluis read flights --token - && make test NAME=x  # why
        ```
        ```sh
        $ sluis elsewhere
        ```
        """

    @Test("Commands are found in console blocks only, split and joined as a shell would")
    func finds() {
        #expect(
            ConsoleSnippets.invocations(in: markdown) == [
                .init(line: 3, program: "make", arguments: ["run"]),
                .init(line: 5, program: "sluis", arguments: ["read", "flights", "--token", "-"]),
                .init(line: 7, program: "sluis", arguments: ["token", "--agreement", "a b"]),
                .init(line: 7, program: "sluis", arguments: ["read", "flights", "--token", "-"]),
                .init(line: 7, program: "make", arguments: ["test", "NAME=x"]),
            ])
    }

    /// As swift-argument-parser writes it.
    private func help(_ program: String, _ subcommands: [String]) -> String {
        switch subcommands {
        case []:
            """
            OVERVIEW: A data utility hub.

            USAGE: sluis <subcommand>

            OPTIONS:
              --version               Show the version.
              -h, --help              Show help information.

            SUBCOMMANDS:
              serve (default)         Runs the hub.
              log                     Reads the log.

              See 'sluis help <subcommand>' for detailed help.
            """
        case ["log"]: "SUBCOMMANDS:\n  verify                  Verifies.\n  dataset-proof           Proves.\n"
        default:
            "OPTIONS:\n  --data <data>           Where.\n  --[no-]json\n  -q, --quiet             Less.\n"
        }
    }

    @Test(
        "What exists passes",
        arguments: [
            "sluis serve --data d", "sluis log verify --data=d -q", "sluis --version", "sluis --data d",
            "make run",
            "make -s run A=b",
            "sluis log dataset-proof 7", "curl --nonsense", "sluis serve -- --nonsense", "sluis log verify -",
            "sluis serve # --no",
        ])
    func accepts(command: String) throws {
        let invocation = try #require(ConsoleSnippets.invocations(in: "```console\n$ \(command)\n```").first)
        #expect(ConsoleSnippets.objection(to: invocation, targets: ["run"], help: help) == nil)
    }

    @Test(
        "What does not is found",
        arguments: [
            ("sluis fly", "`fly` is no subcommand of `sluis`"),
            ("sluis log burn --data d", "`burn` is no subcommand of `sluis log`"),
            ("sluis serve --dat d", "`--dat` is no option of `serve`"),
            ("sluis serve -x", "`-x` is no option of `serve`"),
            ("sluis --dat d", "`--dat` is no option of `serve`"), ("make fly", "`make fly` is no target"),
            ("sluis log verify --dir=d", "`--dir` is no option of `log verify`"),
        ])
    func refuses(command: String, objection: String) throws {
        let invocation = try #require(ConsoleSnippets.invocations(in: "```console\n$ \(command)\n```").first)
        #expect(ConsoleSnippets.objection(to: invocation, targets: ["run"], help: help) == objection)
    }

    @Test("Rules of a Makefile are targets; variables, recipes and special targets are not")
    func targets() {
        let makefile =
            "A := b\nb := c\n.PHONY: x\nrun: build  # why\n\tmake: no\nbuild:\n# d: e\nopen-api: run\n"
        #expect(ConsoleSnippets.targets(in: makefile) == ["run", "build", "open-api"])
    }
}
