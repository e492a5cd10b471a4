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

    private func sideFolder(of stream: String) -> String {
        precondition(Base64.decodeURL(stream) != nil, "a stream is named in base64url")
        return dataDirectory + "/side"
    }
}
