import Foundation
import Model
import Testing

@testable import sluis

/// What an operator may do wrong with directories, settings and keys.
@Suite(.serialized)
struct OperatorTests {
    @Test(arguments: ["init", "demo"])
    func `what is in the way is not touched`(command: String) throws {
        let scratch = ScratchFolder()
        let file = try scratch.file("important.txt", "keep me")
        let result = try Program.run("sluis", [command, "--data", file])
        #expect([1, 2].contains(result.status), "\(result.errors)")
        #expect(result.errors.split(separator: "\n").count == 1 && result.errors.contains("empty directory"))
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "keep me")
        let folder = scratch.path("full")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/x"))
        #expect(try Program.run("sluis", [command, "--data", folder]).status == 1)
        #expect(FileManager.default.fileExists(atPath: folder + "/x"))
    }

    @Test func `an empty directory that was there becomes a hub that only its owner can read`() throws {
        let scratch = ScratchFolder()
        let folder = scratch.path("hub")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        #expect(try Program.run("sluis", ["init", "--data", folder]).status == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: folder)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o700)
    }

    @Test func `a hub does not go on under another name`() throws {
        let hub = try TestHub()
        hub.stop()
        let file = hub.data + "/sluis.yaml"
        try Data("host: example.org\n".utf8).write(to: URL(fileURLWithPath: file))
        let result = try Program.run(
            "sluis",
            ["serve", "--data", hub.data, "--people", "127.0.0.1:0", "--machines", "127.0.0.1:0"])
        #expect(result.status == 2, "\(result.errors)")
        #expect(result.errors.contains("example.org/log") && result.errors.contains("sluis init"))
        try Data("host: localhost\n".utf8).write(to: URL(fileURLWithPath: file))
        try hub.start()
    }

    @Test func `the operator's key may live elsewhere`() throws {
        let hub = try TestHub()
        hub.stop()
        try FileManager.default.removeItem(atPath: hub.data + "/profiles/operator")
        try hub.start()
        #expect(hub.isRunning)
    }

    @Test(
        arguments: [
            ("colour: red\n", "colour"), ("people: nowhere\n", "people"),
            ("patience_seconds: 0\n", "patience"),
            ("drain_seconds: x\n", "drain_seconds"), ("log_level: loud\n", "loud"), ("- 1\n", "mapping"),
            ("\"\n", "YAML"), ("digest: sha-512\n", "digest"),
        ])
    func `a setting that is none is named`(text: String, says: String) throws {
        let hub = try TestHub()
        hub.stop()
        try Data(text.utf8).write(to: URL(fileURLWithPath: hub.data + "/sluis.yaml"))
        let result = try Program.run("sluis", ["serve", "--data", hub.data])
        #expect(result.status == 2, "\(result.errors)")
        #expect(
            result.errors.split(separator: "\n").count == 1 && result.errors.contains(says),
            "\(result.errors)")
    }

    @Test func `a key that others can read is refused`() throws {
        let hub = try TestHub()
        hub.stop()
        let key = hub.data + "/keys/hub.pem"
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        let result = try Program.run("sluis", ["serve", "--data", hub.data])
        #expect(result.status == 2 && result.errors.contains("chmod 600"), "\(result.errors)")
    }
}
