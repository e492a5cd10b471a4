import ArgumentParser
import Foundation
import Model
import NIOCore

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the hub until SIGTERM, which lets running answers finish.")

    @Option(help: "The data directory.") var data: String
    @Option(help: "The configuration file (default: sluis.yaml in the data directory).") var config: String?
    @Option(help: "Where people connect, HOST:PORT; port 0 picks one.") var people: String?
    @Option(help: "Where machines connect, HOST:PORT; port 0 picks one.") var machines: String?

    func run() async throws {
        let directory = DataDirectory(data)
        try directory.requireInitialised()
        var configuration = try Configuration.load(
            config ?? directory.configuration, environment: ProcessInfo.processInfo.environment)
        if let people { configuration.people = try Configuration.address(people, field: "--people") }
        if let machines { configuration.machines = try Configuration.address(machines, field: "--machines") }
        // Before anything else asks for one.
        if let loops = configuration.eventLoops { NIOSingletons.groupLoopCountSuggestion = loops }
        let hub = try await Hub(directory, configuration)
        try await hub.serve { people, machines in
            try RunFile(people: people, machines: machines).write(to: directory)
            let line: JSON = ["ready": true, "people": .string(people), "machines": .string(machines)]
            try StandardOutput.write(line.canonicalText + "\n")
        }
        try? FileManager.default.removeItem(atPath: directory.run)
    }
}
