public import Model

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
    /// - Parameter commitment: of the entry.
    /// - Returns: how many lines; 0 if there is no file, or none that holds.
    /// - Throws: `LogError` if the file cannot be written.
    public func eraseLines(
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
        guard let erased = file.erasing(isChosen) else { return 0 }
        try system.replace(
            "\(sideFolder(of: stream))/\(stream)", with: erased.bytes,
            through: "\(sideFolder(of: stream))/.\(stream)", durably: true, mode: 0o600)
        return zip(file.lines, erased.lines).count { $0 != nil && $1 == nil }
    }

    private func sideFolder(of stream: String) -> String {
        precondition(Base64.decodeURL(stream) != nil, "a stream is named in base64url")
        return dataDirectory + "/side"
    }
}
