import Foundation
import Model
import UnixSignals

/// `sluis serve` as a child process of this one.
final class HubProcess: @unchecked Sendable {
    // `Process` is not Sendable; it is only touched by whoever holds this object, one at a time.
    private let process: Process
    let people: String
    let machines: String

    /// Starts it and waits until both listeners accept.
    static func start(_ directory: DataDirectory) throws -> HubProcess {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "serve", "--data", directory.path, "--people", "127.0.0.1:0", "--machines", "127.0.0.1:0",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        var line: [UInt8] = []
        // The one line that a hub prints once both listeners accept.
        while line.last != UInt8(ascii: "\n"),
            let byte = try output.fileHandleForReading.read(upToCount: 1)?.first
        {
            line.append(byte)
        }
        guard let json = try? JSON.parse(line), let people = json["people"]?.string,
            let machines = json["machines"]?.string
        else {
            process.terminate()
            throw Refusal("the hub did not start; what it said stands above")
        }
        return HubProcess(process, people: people, machines: machines)
    }

    private init(_ process: Process, people: String, machines: String) {
        self.process = process
        self.people = people
        self.machines = machines
    }

    /// Asks the hub to finish running answers and end, and waits until it has.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Leaves the hub running until this process is asked to end.
    func waitForSignal() async {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        for await _ in signals { break }
        stop()
    }
}
