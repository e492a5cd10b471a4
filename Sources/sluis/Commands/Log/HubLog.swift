import MerkleLog
import Model

/// The log of a hub's data directory, read alone: no lock, and no process that runs.
struct HubLog {
    private static let maximumKeyBytes = 4096

    /// The data directory.
    let directory: String

    var keyFile: String { directory + "/log.vkey" }
    var folder: String { directory + "/log" }

    /// The log's verifier key.
    func key() throws -> NoteVerifier {
        do {
            return try Self.key(file: keyFile, option: "--data")
        } catch let fault as ClientFault where fault.code == "missing_file" {
            throw ClientFault(
                .badInput, "not_a_hub", "`\(directory)` is not a hub's data directory", field: "--data",
                remedy: "name the directory that `sluis init` made")
        }
    }

    /// The key with which the hub cosigns the checkpoints of other logs.
    func witnessKey() throws -> String {
        let directory = DataDirectory(directory)
        let log = try key()
        guard let name = LogName(String(log.name)) else {
            throw ClientFault(.badInput, "bad_key", "`\(keyFile)` is not a hub's", field: "--data")
        }
        return try CosignatureSigner.ofHub(directory, host: name.host).vkey
    }

    /// The verifier key that `argument` is, or that is the one line of the file it names.
    static func key(_ argument: String) throws -> NoteVerifier {
        if let key = try? NoteVerifier(vkey: argument) { return key }
        do {
            return try key(file: argument, option: "--vkey")
        } catch let fault as ClientFault where fault.code == "missing_file" {
            throw ClientFault(
                .badInput, "bad_key", "neither a verifier key nor a file with one", field: "--vkey",
                found: argument,
                expected: "`NAME+KEYID+BASE64`")
        }
    }

    private static func key(file path: String, option: String) throws -> NoteVerifier {
        let bytes: [UInt8]?
        do {
            bytes = try LogDirectory.contents(ofFile: path, maximumSizeBytes: maximumKeyBytes)
        } catch {
            throw ClientFault(.badInput, "unreadable_file", "cannot read `\(path)`: \(error)", field: option)
        }
        guard let bytes else {
            throw ClientFault(.badInput, "missing_file", "there is no file `\(path)`", field: option)
        }
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        do {
            guard text.count == 1 else { throw ProofError(.malformedKey, "it has not one line") }
            return try NoteVerifier(vkey: String(text[0]))
        } catch {
            throw ClientFault(
                .badInput, "bad_key", "`\(path)` holds no verifier key: \(error)", field: option)
        }
    }

    /// The bytes of one entry, as they stand in its bundle; not checked against the tree.
    ///
    /// - Throws: `ClientFault` if the published log has no such entry; `Refusal` for a log that is broken.
    func entry(_ index: UInt64) throws -> [UInt8] {
        let key = try key()
        let files = try files()
        let size = try publishedSize(files, key)
        guard index < size else {
            throw ClientFault(
                .notFound, "entry_unknown", "the published log has no such entry", field: "index",
                found: String(index), expected: size == 0 ? "an entry: it is empty" : "0 to \(size - 1)")
        }
        let width = UInt64(TilePath.fullWidth)
        let bundle = index / width
        let covered = Int(min(width, size - bundle * width))
        // A log that grows may have put the full bundle in the place of the part that was published.
        let paths = [covered, TilePath.fullWidth].map { TilePath.entries(index: bundle, width: $0).path }
        for path in paths {
            guard let bytes = try files.read(path) else { continue }
            let entries = try EntryBundle.decode(bytes)
            let place = Int(index % width)
            guard place < entries.count else { break }
            return entries[place]
        }
        throw Refusal(
            "the bundle \(paths[0]) is missing or too short: the entry was pruned, or the log is broken;"
                + " `sluis log verify` tells which")
    }

    private func files() throws -> LogDirectory {
        do { return try LogDirectory(folder) } catch {
            throw ClientFault(.badInput, "missing_folder", "\(error)", field: "--data")
        }
    }

    private func publishedSize(_ files: LogDirectory, _ key: NoteVerifier) throws -> UInt64 {
        guard let note = try files.read("checkpoint") else {
            throw ClientFault(
                .notFound, "checkpoint_missing", "`\(folder)` has no checkpoint", field: "--data",
                remedy: "start the hub once")
        }
        do { return try Checkpoint.open(note: note, of: key).size } catch {
            throw Refusal("the checkpoint does not hold: \(error)")
        }
    }
}
