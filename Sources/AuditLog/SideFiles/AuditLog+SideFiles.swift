public import Model
internal import Synchronization

extension AuditLog {
    /// Keeps a side file beside the log and never in it: it is not made durable, and a lost one shows as
    /// unknown.
    ///
    /// - Parameter stream: its name, base64url; the entry's member `stream`.
    public func write(_ file: SideFile, stream: String) throws {
        let folder = sideFolder(of: stream)
        try system.makeDirectory(folder, mode: 0o700)
        try system.replace(
            "\(folder)/\(stream)", with: file.bytes, through: "\(folder)/.\(stream)", durably: false,
            mode: 0o600)
    }

    /// Removes the side file of an entry that did not come about.
    public func removeSideFile(stream: String) {
        // One that stays is named by no entry and proves nothing.
        try? system.removeFile("\(sideFolder(of: stream))/\(stream)")
    }

    /// The side file of an entry, as far as it is there and can be trusted.
    ///
    /// - Parameter commitment: of the entry.
    /// - Throws: `LogError` `bad_side_file` if the file is not the one that was committed to, another one if
    ///   it cannot be read.
    func sideFile(stream: String, commitment: [UInt8]) throws(LogError) -> SideFile? {
        guard let bytes = try system.read("\(sideFolder(of: stream))/\(stream)") else { return nil }
        return try SideFile(file: bytes, commitment: commitment)
    }

    /// Whether there is a side file of this stream.
    public func hasSideFile(stream: String) -> Bool { system.exists("\(sideFolder(of: stream))/\(stream)") }

    /// Makes lines of a side file unreadable for ever, those that are chosen; its commitment still holds.
    ///
    /// One at a time: what one caller erased another must not write again.
    ///
    /// - Parameter commitment: of the entry.
    /// - Returns: how many lines; 0 if there is no file, or none that holds.
    /// - Throws: `LogError` if the file cannot be written.
    public func eraseLines(
        ofSideFile stream: String, commitment: [UInt8], where isChosen: ([String: JSON]) -> Bool
    ) throws(LogError) -> Int {
        try erasing.withLock { _ throws(LogError) in
            try eraseLinesAlone(ofSideFile: stream, commitment: commitment, where: isChosen)
        }
    }

    private func eraseLinesAlone(
        ofSideFile stream: String, commitment: [UInt8], where isChosen: ([String: JSON]) -> Bool
    ) throws(LogError) -> Int {
        let file: SideFile
        do throws(LogError) {
            guard let found = try sideFile(stream: stream, commitment: commitment) else { return 0 }
            file = found
        } catch {
            // A file that is not the one committed to proves nothing of anybody: it goes.
            guard error.code == .badSideFile else { throw error }
            try system.removeFile("\(sideFolder(of: stream))/\(stream)")
            return 0
        }
        var count = 0
        let erased = file.erasing { line in
            let isErased = isChosen(line)
            if isErased { count += 1 }
            return isErased
        }
        guard let erased else { return 0 }
        try system.replace(
            "\(sideFolder(of: stream))/\(stream)", with: erased.bytes,
            through: "\(sideFolder(of: stream))/.\(stream)", durably: true, mode: 0o600)
        return count
    }

    private func sideFolder(of stream: String) -> String {
        precondition(Base64.decodeURL(stream) != nil, "a stream is named in base64url")
        return dataDirectory + "/side"
    }
}

extension AuditLog {
    /// How long before the newest entry a crash may have begun, in seconds: many times what a commit takes.
    private static let crashSeconds: Int64 = 120

    /// Removes side files that were written in the moments before the log was opened and that no entry
    /// commits to, as a crash leaves them between a file and its entry. Once, before anything is read.
    ///
    /// It looks at the files of the last minutes only, by the system's clock: if that was behind the log's
    /// when they were written, `sluis log reindex` finds them. The log is read from its end until an entry
    /// was found for each of them: a file that an erasure wrote anew is young, and its entry may be of any
    /// age. So only what is really left over costs a reading of the whole log.
    /// - Returns: how many.
    /// - Throws: what reading the log, or removing a file, throws.
    public func removeUnclaimedSideFiles() async throws -> Int {
        let border = newestTimeAtOpening.adding(seconds: -Self.crashSeconds)
        let folder = dataDirectory + "/side"
        guard system.exists(folder) else { return 0 }
        let young = try system.list(folder).filter { name throws(LogError) in
            try system.modified("\(folder)/\(name)").map { $0 >= border } == true
        }
        if young.isEmpty { return 0 }
        var sweep = SideFileSweep(young, in: folder, system)
        if size > 0 { _ = try await published(covering: size - 1) }
        var reader = entryReader
        var index = reader.size
        while index > minimumIndex, sweep.count > 0 {
            index -= 1
            sweep.claim(try reader.entry(at: index))
        }
        try sweep.remove()
        return sweep.count
    }
}
