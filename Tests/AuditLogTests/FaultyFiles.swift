import Model
import Synchronization

@testable import AuditLog

/// The system's files, one call of which goes wrong.
final class FaultyFiles: FileSystem {
    /// What goes wrong.
    enum Fault: CaseIterable {
        /// The call fails and did nothing.
        case failsUndone
        /// The call fails, and has done all the same.
        case failsDone
        /// The process ends before the call: it and all later ones do nothing.
        case endsBefore
        /// The process ends after the call: all later ones do nothing.
        case endsAfter
        /// A write writes only a part, and the rest fails; another call fails undone.
        case fallsShort

        var endsProcess: Bool { self == .endsBefore || self == .endsAfter }
    }

    private struct State {
        var calls = 0
        var isOver = false
        var hit: String?
    }

    private let system = SystemFiles()
    private let fault: Fault
    private let number: Int
    private let name: String?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - number: which call goes wrong, from 0.
    ///   - name: only calls of this name are counted; nil for all.
    init(_ fault: Fault, atCall number: Int, of name: String? = nil) {
        self.fault = fault
        self.number = number
        self.name = name
    }

    /// The call that went wrong; nil if there were not so many.
    var hit: String? { state.withLock { $0.hit } }

    /// Nothing does anything any more.
    func end() { state.withLock { $0.isOver = true } }

    private func call<Value>(
        _ name: String, _ path: String, _ body: () throws(LogError) -> Value
    ) throws(LogError) -> Value {
        let (isOver, isHit) = state.withLock { state in
            let counts = self.name ?? name == name
            defer { state.calls += counts ? 1 : 0 }
            let isHit = counts && !state.isOver && state.calls == number
            if isHit { state.hit = "\(name) \(path)" }
            return (state.isOver, isHit)
        }
        if isOver { throw LogError(.fileOperation, "\(name) `\(path)` failed: the process is over") }
        guard isHit else { return try body() }
        let error = LogError(.fileOperation, "\(name) `\(path)` failed: Input/output error")
        switch fault {
        case .failsUndone, .fallsShort: throw error
        case .failsDone:
            _ = try body()
            throw error
        case .endsBefore:
            end()
            throw error
        case .endsAfter:
            _ = try? body()
            end()
            throw error
        }
    }

    func open(_ path: String, for use: FileUse) throws(LogError) -> OpenFile? {
        try call("open", path) { () throws(LogError) in try system.open(path, for: use) }
    }

    func close(_ file: OpenFile) { system.close(file) }

    func write(_ bytes: ArraySlice<UInt8>, to file: OpenFile) throws(LogError) -> Int {
        let counts = name ?? "write" == "write"
        let isShort = counts && fault == .fallsShort && state.withLock { !$0.isOver && $0.calls == number }
        if isShort && bytes.count > 1 {
            state.withLock { state in
                state.calls += 1
                state.hit = "write \(file.path)"
            }
            return try system.write(bytes.prefix(bytes.count / 2), to: file)
        }
        return try call("write", file.path) { () throws(LogError) in try system.write(bytes, to: file) }
    }

    func read(_ file: OpenFile, count: Int, at offset: Int) throws(LogError) -> [UInt8] {
        try call("read", file.path) { () throws(LogError) in
            try system.read(file, count: count, at: offset)
        }
    }

    func size(of file: OpenFile) throws(LogError) -> Int {
        try call("stat", file.path) { () throws(LogError) in try system.size(of: file) }
    }

    func truncate(_ file: OpenFile, toBytes size: Int) throws(LogError) {
        try call("truncate", file.path) { () throws(LogError) in try system.truncate(file, toBytes: size) }
    }

    func setMode(_ mode: UInt32, of file: OpenFile) throws(LogError) {
        try call("chmod", file.path) { () throws(LogError) in try system.setMode(mode, of: file) }
    }

    func synchronise(_ file: OpenFile, all: Bool) throws(LogError) {
        try call("fsync", file.path) { () throws(LogError) in try system.synchronise(file, all: all) }
    }

    /// It cannot fail: nothing depends on it.
    func startWriting(_ file: OpenFile) {
        if !state.withLock({ $0.isOver }) { system.startWriting(file) }
    }

    func synchroniseFileSystem(of file: OpenFile) throws(LogError) {
        try call("syncfs", file.path) { () throws(LogError) in try system.synchroniseFileSystem(of: file) }
    }

    func rename(_ path: String, to newPath: String) throws(LogError) {
        try call("rename", newPath) { () throws(LogError) in try system.rename(path, to: newPath) }
    }

    func removeFile(_ path: String) throws(LogError) {
        try call("unlink", path) { () throws(LogError) in try system.removeFile(path) }
    }

    func makeDirectory(_ path: String, mode: UInt32) throws(LogError) {
        try call("mkdir", path) { () throws(LogError) in try system.makeDirectory(path, mode: mode) }
    }

    func removeEmptyDirectory(_ path: String) throws(LogError) {
        try call("rmdir", path) { () throws(LogError) in try system.removeEmptyDirectory(path) }
    }

    func modified(_ path: String) throws(LogError) -> Instant? {
        try call("modified", path) { () throws(LogError) in try system.modified(path) }
    }

    /// It cannot fail; a process that is over sees nothing.
    func exists(_ path: String) -> Bool {
        let isOver = state.withLock { state in
            let counts = name ?? "access" == "access"
            defer { state.calls += counts ? 1 : 0 }
            if counts && !state.isOver && state.calls == number {
                state.hit = "access \(path)"
                state.isOver = fault.endsProcess
            }
            return state.isOver
        }
        return !isOver && system.exists(path)
    }

    func list(_ path: String) throws(LogError) -> [String] {
        try call("list", path) { () throws(LogError) in try system.list(path) }
    }

    func room(at path: String) throws(LogError) -> DiskRoom {
        try call("statvfs", path) { () throws(LogError) in try system.room(at: path) }
    }
}
