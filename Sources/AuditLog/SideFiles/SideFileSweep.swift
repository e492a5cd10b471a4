internal import Model

/// Side files that no entry names: nobody could check them, show them, or find them to erase lines in them.
public struct SideFileSweep: Sendable {
    private let folder: String
    private let system: any FileSystem
    private var unclaimed: Set<String>

    /// Looks at what is there.
    ///
    /// - Throws: `LogError` if the folder cannot be read.
    public init(dataDirectory: String) throws(LogError) {
        try self.init(dataDirectory: dataDirectory, in: SystemFiles())
    }

    init(dataDirectory: String, in system: any FileSystem) throws(LogError) {
        folder = dataDirectory + "/side"
        self.system = system
        unclaimed = system.exists(folder) ? Set(try system.list(folder)) : []
    }

    /// Of these files alone.
    init(_ names: [String], in folder: String, _ system: any FileSystem) {
        self.folder = folder
        self.system = system
        unclaimed = Set(names)
    }

    /// Takes note of an entry: the file that it commits to stays.
    public mutating func claim(_ entry: [UInt8]) {
        guard Self.mayName(entry), let json = try? JSON.parse(entry) else { return }
        claim(json)
    }

    /// The same for an entry that was read already.
    ///
    /// - Returns: the name of the file and the commitment; nil if there is none. A decision names the file of
    ///   its completion, but only that commits to it.
    @discardableResult
    mutating func claim(_ entry: JSON) -> (name: String, commitment: [UInt8])? {
        let commitment = entry["delivered"]?.string ?? entry["owners"]?["commitment"]?.string
        guard let commitment = commitment.flatMap({ Base64.decodeURL($0) }), let name = entry.sideFileName
        else { return nil }
        unclaimed.remove(name)
        return (name, commitment)
    }

    /// Whether an entry may name a side file: a first look, which saves reading most of them as JSON.
    public static func mayName(_ entry: [UInt8]) -> Bool { entry.contains(member: member) }

    /// How many files no entry named.
    public var count: Int { unclaimed.count }

    /// Removes them.
    ///
    /// - Throws: `LogError` if one cannot be removed.
    public func remove() throws(LogError) {
        for name in unclaimed.sorted() { try system.removeFile("\(folder)/\(name)") }
    }

    private static let member = Array("\"stream\":".utf8)
}

extension [UInt8] {
    /// Whether these bytes stand somewhere in it. Only a first look: they may stand in a text too.
    fileprivate func contains(member: [UInt8]) -> Bool {
        guard count >= member.count else { return false }
        return (0...count - member.count).contains { start in
            self[start] == member[0] && self[start..<start + member.count].elementsEqual(member)
        }
    }
}
