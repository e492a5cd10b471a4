import MerkleLog
import Model

/// Files that the user names on the command line.
enum InputFile {
    /// - Throws: a fault that names the option and the file.
    static func read(_ path: String, option: String, maximumSizeBytes: Int) throws -> [UInt8] {
        let bytes: [UInt8]?
        do { bytes = try LogDirectory.contents(ofFile: path, maximumSizeBytes: maximumSizeBytes) } catch {
            throw ClientFault(.badInput, "unreadable_file", "cannot read `\(path)`: \(error)", field: option)
        }
        guard let bytes else {
            throw ClientFault(.badInput, "missing_file", "there is no file `\(path)`", field: option)
        }
        return bytes
    }

    /// The SHA-256 of a file of any size.
    ///
    /// - Throws: as `read`.
    static func digest(_ path: String, option: String) throws -> [UInt8] {
        let digest: [UInt8]?
        do { digest = try LogDirectory.digest(ofFile: path) } catch {
            throw ClientFault(.badInput, "unreadable_file", "cannot read `\(path)`: \(error)", field: option)
        }
        guard let digest else {
            throw ClientFault(.badInput, "missing_file", "there is no file `\(path)`", field: option)
        }
        return digest
    }

    /// The verifier key that `argument` is, or that is the one line of the file it names.
    static func verifierKey(_ argument: String) throws -> NoteVerifier {
        let fault: any Error
        do { return try NoteVerifier(vkey: argument) } catch { fault = error }
        guard let bytes = try? LogDirectory.contents(ofFile: argument, maximumSizeBytes: 4096) else {
            throw ClientFault(
                .badInput, "bad_key",
                "`\(argument.prefix(120))` is neither a verifier key nor a file with one",
                field: "--vkey", expected: "`NAME+KEYID+BASE64`", remedy: "\(fault)")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        while text.hasSuffix("\n") || text.hasSuffix("\r\n") { text.removeLast() }
        do { return try NoteVerifier(vkey: text) } catch {
            throw ClientFault(
                .badInput, "bad_key", "the file `\(argument)` holds no verifier key: \(error)",
                field: "--vkey")
        }
    }
}
