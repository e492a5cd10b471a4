internal import Model

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

    private func sideFolder(of stream: String) -> String {
        precondition(Base64.decodeURL(stream) != nil, "a stream is named in base64url")
        return dataDirectory + "/side"
    }
}
