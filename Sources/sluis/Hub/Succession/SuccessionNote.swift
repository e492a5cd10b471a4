import AuditLog
import MerkleLog
import Model

/// What a succession that is cut short has to know when it goes on: `note.json` in its folder.
struct SuccessionNote {
    /// Where the old log goes, relative to the data directory.
    var folder: String
    /// How many entries the old log had at least, and how many of them go on.
    var known: UInt64
    var carried: UInt64
    /// How many side files go, whose entries are lost.
    var sideFiles: Int

    var json: JSON {
        [
            "folder": .string(folder), "known": .integer(Int64(clamping: known)),
            "carried": .integer(Int64(clamping: carried)), "side_files": .integer(Int64(sideFiles)),
        ]
    }

    init(folder: String, known: UInt64, carried: UInt64, sideFiles: Int) {
        self.folder = folder
        self.known = known
        self.carried = carried
        self.sideFiles = sideFiles
    }

    /// - Throws: `Refusal` for anything that `json` did not write.
    init(_ text: String) throws {
        guard let json = try? JSON.parse(Array(text.utf8)), let folder = json["folder"]?.string,
            let known = json["known"]?.integer, let carried = json["carried"]?.integer,
            let sideFiles = json["side_files"]?.integer
        else { throw Refusal("`succession/note.json` is not what this program wrote") }
        self.init(
            folder: folder, known: UInt64(clamping: known), carried: UInt64(clamping: carried),
            sideFiles: Int(clamping: sideFiles))
    }
}

/// The names of a hub's logs: `HOST/log`, and after it `HOST/log-2`, `HOST/log-3`.
struct LogName: Equatable {
    let host: String
    /// 1 for the hub's first log.
    let number: Int

    /// Nil for the name of something else.
    init?(_ name: String) {
        guard let slash = name.lastIndex(of: "/") else { return nil }
        let own = name[name.index(after: slash)...]
        host = String(name[..<slash])
        if own == "log" {
            number = 1
        } else if own.hasPrefix("log-"), let number = Int(own.dropFirst(4)), number > 1,
            String(number) == own.dropFirst(4)
        {
            self.number = number
        } else {
            return nil
        }
    }

    init(host: String, number: Int) {
        self.host = host
        self.number = number
    }

    var text: String { number == 1 ? "\(host)/log" : "\(host)/log-\(number)" }
    var successor: LogName { LogName(host: host, number: number + 1) }
    /// Where this log lies once another follows it, relative to the data directory.
    var formerFolder: String { "former/\(number)" }
}
