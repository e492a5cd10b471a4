import Foundation
import Model
import RemoteHub

extension Profile {
    /// Makes the folder of a profile: `key.pem` and `profile.json` for the owner alone, `certificate.pem`,
    /// `ca.pem`.
    ///
    /// - Parameters:
    ///   - people: the origin of the listener for people.
    ///   - machines: the origin of the listener for machines.
    ///   - authority: PEM, as `certificate` and `key`.
    /// - Throws: `ClientFault` if the folder is there and not empty, or cannot be made; nothing is
    ///   overwritten.
    static func write(
        to folder: String, people: String, machines: String, authority: String, certificate: String,
        key: String
    ) throws {
        let manager = FileManager.default
        if let names = try? manager.contentsOfDirectory(atPath: folder), !names.isEmpty {
            throw ClientFault(
                .badInput, "folder_not_empty", "`\(folder)` is not empty", field: "--out",
                expected: "a new or empty folder")
        }
        do {
            try manager.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            // A folder that was there already may be open to others, if only while the files are made.
            try manager.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
            try create("key.pem", key, mode: 0o600, in: folder)
            try create("certificate.pem", certificate, mode: 0o644, in: folder)
            try create("ca.pem", authority, mode: 0o644, in: folder)
            try create(fileName, contents(people: people, machines: machines), mode: 0o600, in: folder)
        } catch let error as CocoaError {
            remove(folder)
            throw ClientFault(
                .badInput, "unwritable_folder",
                "`\(folder)` cannot be written: \(error.localizedDescription)",
                field: "--out")
        }
    }

    /// Points a profile that `write` made at other addresses, in one step.
    static func move(_ folder: String, people: String, machines: String) throws {
        let path = folder + "/" + fileName
        var members = try members(folder).mapValues(JSON.string)
        members["people"] = .string(people)
        members["machines"] = .string(machines)
        let text = JSON.object(members).canonicalText + "\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    /// Removes what `write` made, when what it was for did not come about.
    static func remove(_ folder: String) {
        for name in ["key.pem", "certificate.pem", "ca.pem", fileName] {
            try? FileManager.default.removeItem(atPath: folder + "/" + name)
        }
        let rest = try? FileManager.default.contentsOfDirectory(atPath: folder)
        if rest?.isEmpty == true { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func contents(people: String, machines: String) -> String {
        let json: JSON = [
            "people": .string(people), "machines": .string(machines), "ca": "ca.pem",
            "certificate": "certificate.pem", "key": "key.pem",
        ]
        return json.canonicalText + "\n"
    }

    private static func create(_ name: String, _ text: String, mode: Int, in folder: String) throws {
        let path = folder + "/" + name
        guard
            !FileManager.default.fileExists(atPath: path),
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: mode])
        else { throw CocoaError(.fileWriteUnknown) }
    }
}
