/// What must never get into the repository. The forbidden words are put together from halves, so that this
/// file does not hold them.
enum TrackedFileRules {
    static func findings(path: String, text: String) -> [Finding] {
        nameFindings(path)
            + forbidden.filter { $0.appliesTo(path) && text.contains($0.word) }.flatMap { forbidden in
                text.numberedLines.filter { $0.text.contains(forbidden.pattern) }
                    .map { Finding(path, $0.number, forbidden.message) }
            }
    }

    private struct Forbidden {
        /// Stands in every line that the pattern finds: most files are passed by this alone.
        let word: String
        let pattern: Regex<Substring>
        let message: String
        var folders: [String] = [""]

        func appliesTo(_ path: String) -> Bool { folders.contains { path.hasPrefix($0) } }
    }

    private static var forbidden: [Forbidden] {
        let undone = "leaves work undone"
        let code = ["Sources/", "Tests/"]
        return [
            Forbidden(word: "PRIVATE", pattern: /BEGIN [A-Z ]*PRIVATE[ ]KEY/, message: "holds a private key"),
            Forbidden(word: "TO" + "DO", pattern: /\bTO[D]O\b/, message: undone, folders: code),
            Forbidden(word: "FIX" + "ME", pattern: /\bFIX[M]E\b/, message: undone, folders: code),
            Forbidden(
                word: "../sha" + "red", pattern: /\.\.\/shar[e]d/,
                message: "the product does not know that folder",
                folders: ["Sources/"]),
            Forbidden(word: "/wo" + "rk/", pattern: /\/wor[k]\//, message: "names a place of one machine"),
            Forbidden(word: "/op" + "t/", pattern: /\/op[t]\//, message: "names a place of one machine"),
        ]
    }

    private static func nameFindings(_ path: String) -> [Finding] {
        let parts = path.split(separator: "/")
        var findings: [Finding] = []
        if parts.last == "Package.resolved" || parts.contains(".build") {
            findings.append(Finding(path, nil, "is made by the build and must not be tracked"))
        }
        if path.hasSuffix(".key") || path.hasSuffix(".p12") || path.hasSuffix(".pfx") {
            findings.append(Finding(path, nil, "is called like a private key"))
        }
        return findings
    }
}
