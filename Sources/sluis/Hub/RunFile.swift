import Foundation
import Model
import RemoteHub

/// `run.json`: where a running hub is reached. The operator's profile follows it, so that commands reach the
/// hub on whatever ports it runs.
struct RunFile {
    let people: String
    let machines: String

    func write(to directory: DataDirectory) throws {
        let json: JSON = [
            "pid": .integer(Int64(ProcessInfo.processInfo.processIdentifier)), "people": .string(people),
            "machines": .string(machines),
        ]
        try Data(json.canonical).write(to: URL(fileURLWithPath: directory.run), options: .atomic)
        // An operator may keep his key elsewhere.
        guard FileManager.default.fileExists(atPath: directory.operatorProfile) else { return }
        try Profile.move(directory.operatorProfile, people: people, machines: machines)
    }
}
