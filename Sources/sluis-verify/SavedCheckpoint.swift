import Glibc
import MerkleLog
import Model

/// The file in which the auditor keeps the last checkpoint that he verified.
///
/// Trust: the next verification believes it. Whoever can change it cannot forge a checkpoint, which the log
/// signed, but can put an older one back, which only costs time, or one that nobody verified.
struct SavedCheckpoint {
    private let path: String

    /// - Parameter earlier: what was given as `--since`.
    /// - Throws: a fault if the file is there and is not that. To replace a checkpoint that the log was not
    ///   held against would forget what the auditor saw: a log rolled back would pass from then on.
    init(_ path: String, follows earlier: [UInt8]?) throws {
        self.path = path
        let present: [UInt8]?
        do {
            present = try LogDirectory.contents(ofFile: path, maximumSizeBytes: Note.maximumSizeBytes)
        } catch {
            throw ClientFault(
                .badInput, "unreadable_file", "cannot read `\(path)`: \(error)", field: "--save")
        }
        guard present == nil || present == earlier else {
            throw ClientFault(
                .badInput, "checkpoint_not_given", "`\(path)` is there already", field: "--save",
                remedy: "give it as --since too, or name another file")
        }
    }

    /// Puts the note in place of the file as a whole: after a crash there is the old one or the new one.
    ///
    /// - Throws: a fault that says what the system could not do; the file is then as it was.
    func replace(with note: [UInt8]) throws {
        var template = Array((path + ".XXXXXX").utf8CString)
        let file = unsafe mkstemp(&template)
        guard file >= 0 else { throw fault("make a file beside") }
        let isWritten = write(note, to: file) && fsync(file) == 0
        let isClosed = close(file) == 0
        guard isWritten, isClosed, unsafe rename(template, path) == 0 else {
            let fault = fault("write")
            _ = unsafe unlink(template)
            throw fault
        }
        try syncFolder()
    }

    private func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Without it the new name could be lost with the power.
    private func syncFolder() throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "." : parts.joined(separator: "/") + "/"
        let number = unsafe open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw fault("open the folder of") }
        defer { _ = close(number) }
        guard fsync(number) == 0 else { throw fault("keep") }
    }

    private func fault(_ step: String) -> ClientFault {
        let reason = unsafe String(cString: strerror(errno)).lowercased()
        return ClientFault(
            .badInput, "unwritable_file", "the log is verified, but cannot \(step) `\(path)`: \(reason)",
            field: "--save")
    }
}
