import ArgumentParser
import Foundation
import Glibc
import Model
import UnixSignals

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Run a whole exchange between four parties on a fresh hub, over HTTPS, and prove what happened.",
        discussion: """
            Without --csv the flights are made by a seeded generator. The story: a provider publishes a
            dataset, an authority asks for it, the provider agrees, owners grant, the authority reads
            exactly their rows, one owner withdraws, a stolen token is refused, an auditor verifies the log.
            """)

    @Option(help: "Keep the hub in this directory (default: a temporary one, removed at the end).")
    var data: String?
    @Option(help: "Publish this file in place of the generated flights.") var csv: String?
    @Option(help: "The column of the file that names the owner of a row.") var ownerColumn: String?
    @Option(name: .customLong("null"), help: "A text that means no value; may be given several times.")
    var nullValues: [String] = []
    @Flag(help: "Leave the hub running at the end, until SIGINT or SIGTERM.") var serve = false
    @Flag(help: "Print one line of JSON for each step.") var json = false

    func validate() throws {
        if (csv == nil) != (ownerColumn == nil) {
            throw ValidationError("--csv and --owner-column belong together")
        }
        if csv == nil, !nullValues.isEmpty { throw ValidationError("--null belongs to --csv") }
    }

    func run() async throws {
        let folder = data ?? NSTemporaryDirectory() + "sluis-demo-\(UUID().uuidString)"
        let directory = DataDirectory(folder)
        if data != nil, FileManager.default.fileExists(atPath: directory.database) {
            guard serve else {
                throw ClientFault(
                    .conflict, "demo_exists", "`\(folder)` holds a hub already", field: "--data",
                    found: folder,
                    remedy: "add --serve to run it, or name a new directory")
            }
            let hub = try HubProcess.start(directory)
            print("serving \(folder) at \(hub.machines); SIGINT or SIGTERM stops it")
            return await hub.waitForSignal()
        }
        try await play(directory)
    }

    private func play(_ directory: DataDirectory) async throws {
        defer { if data == nil { try? FileManager.default.removeItem(atPath: directory.path) } }
        let narrator = Narrator(isJSON: json)
        let hub = try await DemoHub.start(directory, narrator)
        // Whoever stops the demo stops its hub.
        let watch = Task {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                hub.process.stop()
                if data == nil { try? FileManager.default.removeItem(atPath: directory.path) }
                Glibc.exit(128 + (signal == .sigint ? SIGINT : SIGTERM))
            }
        }
        defer { watch.cancel() }
        do {
            let material = try DemoMaterial(
                csv: csv, ownerColumn: ownerColumn, nullValues: nullValues, folder: directory.path, narrator)
            try await DemoStory(hub: hub, material: material, narrator: narrator).play()
        } catch {
            hub.process.stop()
            throw error
        }
        guard serve else { return hub.process.stop() }
        watch.cancel()
        print("the hub goes on at \(hub.process.machines); SIGINT or SIGTERM stops it")
        await hub.process.waitForSignal()
    }
}
