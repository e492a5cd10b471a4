public import Model

/// Holds side files against the entries that name them.
public struct SideFileInspection {
    private let folder: String
    private let system: any FileSystem
    private var sweep: SideFileSweep
    private var damaged: [LogFinding] = []
    private var missing = 0

    /// - Throws: `LogError` if the folder cannot be read.
    public init(dataDirectory: String) throws(LogError) {
        folder = dataDirectory + "/side"
        system = SystemFiles()
        sweep = try SideFileSweep(dataDirectory: dataDirectory)
    }

    /// Checks the file that an entry names, if it names one and commits to it.
    ///
    /// - Returns: the file; nil if there is none, or it does not hold.
    public mutating func note(_ entry: JSON) -> SideFile? {
        guard let (name, commitment) = sweep.claim(entry) else { return nil }
        do throws(LogError) {
            guard let bytes = try system.read("\(folder)/\(name)") else {
                missing += 1
                return nil
            }
            return try SideFile(file: bytes, commitment: commitment)
        } catch {
            damaged.append(LogFinding(.sideFiles, .broken, "`side/\(name)`: \(error.message)"))
            return nil
        }
    }

    /// What does not agree, once all entries were noted. A file that is missing is no fault: histories say
    /// that they do not know what was in it.
    public var findings: [LogFinding] {
        var findings = damaged
        if missing > 0 {
            findings.append(
                LogFinding(
                    .sideFiles, .accepted,
                    "side files that entries name and that are not there: \(missing); histories show unknown")
            )
        }
        if sweep.count > 0 {
            findings.append(
                LogFinding(
                    .sideFiles, .broken,
                    "side files that no entry names, in which nobody could be erased: \(sweep.count);"
                        + " `sluis log reindex` removes them"))
        }
        return findings
    }
}
