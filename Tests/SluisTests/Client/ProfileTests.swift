import Cryptography
import Foundation
import Model
import RemoteHub
import Testing

@testable import sluis

@Suite("A profile says where the hub is, and keeps its key to its owner")
struct ProfileTests {
    private let scratch = ScratchFolder()

    private func made(_ name: String = "kbo") throws -> String {
        let folder = scratch.path(name)
        try TestProfile.write(to: folder, people: "https://127.0.0.1:1", machines: "https://127.0.0.1:2")
        return folder
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? NSNumber).intValue
    }

    @Test("What is written is read again, and only its owner can read its secrets")
    func written() throws {
        let folder = try made()
        let profile = try Profile(folder: folder)
        #expect(profile.people == "https://127.0.0.1:1")
        #expect(profile.machines == "https://127.0.0.1:2")
        #expect(try mode(folder) == 0o700)
        #expect(try mode(folder + "/key.pem") == 0o600)
        #expect(try mode(folder + "/profile.json") == 0o600)
        #expect(
            try String(contentsOfFile: folder + "/profile.json", encoding: .utf8)
                == """
                {"ca":"ca.pem","certificate":"certificate.pem","key":"key.pem",\
                "machines":"https://127.0.0.1:2","people":"https://127.0.0.1:1"}

                """)
    }

    @Test("Nothing is overwritten")
    func occupied() throws {
        let folder = try made()
        let before = try String(contentsOfFile: folder + "/key.pem", encoding: .utf8)
        let fault = #expect(throws: ClientFault.self) { _ = try made() }
        #expect(fault?.code == "folder_not_empty")
        #expect(try String(contentsOfFile: folder + "/key.pem", encoding: .utf8) == before)
    }

    @Test("An empty folder that others could read is closed to them before the key is there")
    func emptyFolder() throws {
        let folder = scratch.path("open")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try TestProfile.write(to: folder)
        #expect(try mode(folder) == 0o700)
    }

    @Test(
        "A key or profile that others can read is refused, and the remedy is told",
        arguments: [("key.pem", 0o640), ("key.pem", 0o604), ("profile.json", 0o644), ("profile.json", 0o620)])
    func wideModes(file: String, mode: Int) throws {
        let folder = try made()
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder + "/" + file)
        let fault = #expect(throws: ClientFault.self) { _ = try Profile(folder: folder) }
        #expect(fault?.code == "profile_too_open")
        #expect(fault?.remedy == "run chmod 600 \(folder)/\(file)")
    }

    @Test("The mode that counts is that of the file behind a link")
    func linkedKey() throws {
        let folder = try made()
        try FileManager.default.moveItem(atPath: folder + "/key.pem", toPath: scratch.path("elsewhere.pem"))
        try FileManager.default.createSymbolicLink(
            atPath: folder + "/key.pem", withDestinationPath: scratch.path("elsewhere.pem"))
        _ = try Profile(folder: folder)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: scratch.path("elsewhere.pem"))
        #expect(throws: ClientFault.self) { _ = try Profile(folder: folder) }
    }

    @Test(
        "A profile that is not quite one is refused, and the message names what is wrong",
        arguments: [
            ("proxy", #""x""#, "`proxy`"), ("key", "null", "missing"), ("ca", #""""#, "missing"),
            ("people", #""http://h:1""#, "`people`"), ("machines", #""https://h:2/x""#, "`machines`"),
            ("machines", #""https://u@h""#, "`machines`"), ("people", #""https://""#, "`people`"),
            ("ca", #""none.pem""#, "none.pem"), ("certificate", #""key.pem""#, "cannot be used together"),
            ("people", "1", "no text"),
        ])
    func malformed(member: String, value: String, says: String) throws {
        var members = [
            "people": #""https://h:1""#, "machines": #""https://h:2""#, "ca": #""ca.pem""#,
            "certificate": #""certificate.pem""#, "key": #""key.pem""#,
        ]
        members[member] = value
        try expectRefusal("{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}", says)
    }

    @Test(
        "What is no JSON object is no profile", arguments: [("[]", "not a JSON object"), ("{", "not JSON")])
    func noObject(text: String, says: String) throws { try expectRefusal(text, says) }

    private func expectRefusal(_ text: String, _ says: String) throws {
        let folder = try made()
        try Data(text.utf8).write(to: URL(filePath: folder + "/profile.json"))
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: folder + "/profile.json")
        let fault = #expect(throws: ClientFault.self) { _ = try Profile(folder: folder) }
        #expect(fault?.description.contains(says) == true, "\(String(describing: fault))")
        #expect(fault?.field == "--profile")
    }

    @Test("A key that is not the certificate's is found before anything is sent")
    func foreignKey() throws {
        let folder = try made()
        try FileManager.default.removeItem(atPath: folder + "/key.pem")
        #expect(
            FileManager.default.createFile(
                atPath: folder + "/key.pem", contents: Data(try PrivateKey.generate(.es256).pem.utf8),
                attributes: [.posixPermissions: 0o600]))
        let fault = #expect(throws: ClientFault.self) { _ = try Profile(folder: folder) }
        #expect(fault?.code == "bad_profile")
    }

    @Test("The option is stronger than the environment; without either the remedy is told")
    func choice() throws {
        let (one, other) = (try made("one"), try made("other"))
        #expect(try Profile.choose(one, environment: ["SLUIS_PROFILE": other]).folder == one)
        #expect(try Profile.choose(nil, environment: ["SLUIS_PROFILE": other]).folder == other)
        for environment in [[:], ["SLUIS_PROFILE": ""]] {
            let fault = #expect(throws: ClientFault.self) {
                _ = try Profile.choose(nil, environment: environment)
            }
            #expect(fault?.remedy == "give --profile DIR, or set SLUIS_PROFILE")
        }
        #expect(throws: ClientFault.self) { _ = try Profile.choose(scratch.path("none"), environment: [:]) }
    }

    @Test("A hub that listens elsewhere moves its profile; nothing else of it changes")
    func move() throws {
        let folder = try made()
        try Profile.move(folder, people: "https://127.0.0.1:7", machines: "https://127.0.0.1:8")
        let profile = try Profile(folder: folder)
        #expect([profile.people, profile.machines] == ["https://127.0.0.1:7", "https://127.0.0.1:8"])
        #expect(try mode(folder + "/profile.json") == 0o600)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                == ["ca.pem", "certificate.pem", "key.pem", "profile.json"])
    }

    @Test("Removing takes only what was made")
    func remove() throws {
        let folder = try made()
        let mine = folder + "/mine.txt"
        #expect(FileManager.default.createFile(atPath: mine, contents: nil))
        Profile.remove(folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["mine.txt"])
        try FileManager.default.removeItem(atPath: mine)
        Profile.remove(folder)
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}
