import ArgumentParser
import Foundation
import Model

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a new hub: keys, development authority, database, log, operator profile.")

    @Option(help: "The new data directory.") var data: String
    @Option(help: "The hub's name in the log's origin and in identifiers; fixed from then on.") var host =
        "localhost"
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let result = try HubInitialisation(directory: DataDirectory(data), host: host, now: .system).run()
        if json {
            print(
                ([
                    "vkey": .string(result.vkey), "ca": .string(result.authority),
                    "profile": .string(result.profile),
                ]
                    as JSON).canonicalText)
        } else {
            print("log key:  \(result.vkey)\nca:       \(result.authority)\nprofile:  \(result.profile)")
        }
    }
}
