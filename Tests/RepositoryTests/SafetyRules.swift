/// Where unsafe constructs and unchecked promises may stand.
enum SafetyRules {
    /// Files that may say `unsafe`: the wrapper of the C library, the journal, the file access of DataPlane,
    /// its codecs and its way into the C kernel, the three of docs/decisions/0004, and the one that puts a
    /// file in the place of another.
    static func mayBeUnsafe(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        guard parts.count > 2, let file = parts.last else { return false }
        return switch parts[1] {
        case "Cryptography": true
        case "AuditLog": file == "SystemFiles.swift"
        case "DataPlane":
            ["Disk.swift", "MappedFile.swift", "StructureScan.swift"].contains(file)
                || parts[2] == "Compression" && codecs.contains(file)
        case "MerkleLog": file == "LogDirectory.swift"
        case "sluis": file == "FileReplacement.swift"
        case "sluis-verify": ["StandardError.swift", "SavedCheckpoint.swift"].contains(file)
        default: false
        }
    }

    /// The wrappers of zlib and libzstd.
    private static let codecs: Set<Substring> = [
        "GzipDecoder.swift", "GzipEncoder.swift", "ZstdDecoder.swift", "ZstdEncoder.swift",
    ]

    static func findings(path: String, text: String) -> [Finding] {
        unsafeWords(path: path, text: text) + uncheckedPromises(path: path, text: text)
    }

    private static func unsafeWords(path: String, text: String) -> [Finding] {
        guard !mayBeUnsafe(path) else { return [] }
        return SwiftCode.of(text).numberedLines.filter { saysUnsafe($0.text) }
            .map { Finding(path, $0.number, "`unsafe` outside the files that may be") }
    }

    private static func saysUnsafe(_ code: some StringProtocol) -> Bool {
        code.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.contains { $0 == "unsafe" }
    }

    /// `@unchecked Sendable` is a promise to the compiler: the reason stands in a comment directly above,
    /// above further attributes at most.
    private static func uncheckedPromises(path: String, text: String) -> [Finding] {
        let lines = text.numberedLines.map { $0.text.drop { $0.isWhitespace } }
        return SwiftCode.of(text).numberedLines.filter { $0.text.contains("@unchecked") }.compactMap {
            number, _ in
            let above = lines[..<(number - 1)].last { !$0.hasPrefix("@") } ?? ""
            return above.hasPrefix("//")
                ? nil : Finding(path, number, "`@unchecked Sendable` without its reason above")
        }
    }
}
