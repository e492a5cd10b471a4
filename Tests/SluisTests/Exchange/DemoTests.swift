import Foundation
import Model
import Testing

/// The main job: the whole exchange on a real file, over HTTPS, with real processes.
@Suite(.serialized)
struct DemoTests {
    /// 40 owners with their number of rows, 7 rows of nobody, a quoted cell with a comma in each row.
    private static func file() throws -> String {
        let path = Scratch.path("flights") + ".csv"
        var text = "plane,delay,note\n"
        for owner in 0..<40 {
            for row in 0...owner { text += "N\(100 + owner),\(row - 3),\"late, again\"\n" }
        }
        for _ in 0..<7 { text += "NA,1,\"nobody, never\"\n" }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    private static func steps(_ output: String) throws -> [JSON] {
        try output.split(separator: "\n").map { try JSON.parse(String($0)) }
    }

    private static func fact(_ name: String, _ steps: [JSON], where what: String) -> Int64? {
        steps.first { $0["what"]?.string?.contains(what) == true }?[name]?.integer
    }

    @Test func `the demo's counts are those of the file`() throws {
        let file = try Self.file()
        let data = Scratch.path("demo")
        defer { for path in [file, data] { try? FileManager.default.removeItem(atPath: path) } }
        let steps = try Self.play(file, "plane", data, more: ["--null", "NA"])
        try Self.expectCounts(of: file, steps, nobody: "NA", leaving: "N100")
        #expect(Self.fact("rows_that_belong_to_nobody", steps, where: "publishes") == 7)

        let verified = try Program.run("sluis", ["log", "verify", "--data", data])
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
        #expect(verified.output.contains("verified "))
        try Self.expectEveryKindOfDamageIsFound(data)
    }

    /// Runs the demo on a file, with one line of JSON for each step.
    static func play(
        _ file: String, _ ownerColumn: String, _ data: String, more: [String] = []
    ) throws -> [JSON] {
        let demo = try Program.run(
            "sluis", ["demo", "--json", "--data", data, "--csv", file, "--owner-column", ownerColumn] + more)
        try #require(demo.status == 0, "\(demo.errors)")
        return try steps(demo.output)
    }

    /// What the readers got, against awk's count of a file whose first column is the owner's.
    static func expectCounts(
        of file: String, _ steps: [JSON], nobody: String, leaving owner: String
    ) throws {
        let rows = try awk("NR>1 && $1!=\"\(nobody)\" {n++} END {print n}", file)
        let his = try awk("$1==\"\(owner)\" {n++} END {print n}", file)
        #expect(his > 0 && rows > his)
        #expect(fact("rows", steps, where: "no owner has granted yet") == 0)
        #expect(fact("rows", steps, where: "reads exactly the rows") == rows)
        #expect(fact("rows", steps, where: "lacks exactly his rows") == rows - his)
        #expect(fact("status", steps, where: "stolen token") == 401)
    }

    private static func awk(_ program: String, _ file: String) throws -> Int64 {
        let result = try Program.run(at: URL(fileURLWithPath: "/usr/bin/awk"), ["-F,", program, file])
        return try #require(Int64(result.output.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// One flipped byte in a bundle, a tile, the checkpoint.
    private static func expectEveryKindOfDamageIsFound(_ data: String) throws {
        let log = data + "/log/"
        let names = try #require(FileManager.default.enumerator(atPath: log)).compactMap { $0 as? String }
        let files = names.filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: log + name, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
        for kind in ["tile/entries/", "tile/0/", "checkpoint"] {
            let name = try #require(files.filter { $0.hasPrefix(kind) }.max())
            let url = URL(fileURLWithPath: log + name)
            let good = try Data(contentsOf: url)
            var bad = good
            bad[bad.count / 2] ^= 1
            try bad.write(to: url)
            let result = try Program.run("sluis", ["log", "verify", "--data", data])
            #expect(result.status == 1, "a flipped byte in \(name) was not found")
            #expect(result.output.contains("failed: "), "\(result.output)")
            try good.write(to: url)
        }
        #expect(try Program.run("sluis", ["log", "verify", "--data", data]).status == 0)
    }

    @Test func `a file that cannot be published is refused with its line, and nothing is left`() throws {
        let file = Scratch.path("ragged") + ".csv"
        let data = Scratch.path("ragged")
        defer { for path in [file, data] { try? FileManager.default.removeItem(atPath: path) } }
        try Data("plane,delay\nN1,1\nN2\n".utf8).write(to: URL(fileURLWithPath: file))
        let demo = try Program.run(
            "sluis", ["demo", "--data", data, "--csv", file, "--owner-column", "plane"])
        #expect(demo.status == 2)
        #expect(demo.errors.contains("line") || demo.errors.contains("bad"), "\(demo.errors)")
    }

    @Test func `init refuses a directory that is already a hub`() throws {
        let data = Scratch.path("twice")
        defer { try? FileManager.default.removeItem(atPath: data) }
        #expect(try Program.run("sluis", ["init", "--data", data]).status == 0)
        let again = try Program.run("sluis", ["init", "--data", data])
        #expect(again.status == 1 || again.status == 2)
        #expect(again.errors.contains("empty directory"))
    }
}
