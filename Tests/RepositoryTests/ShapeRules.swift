/// How large things are and what files are called, so that a stranger knows where to look.
enum ShapeRules {
    static let maximumFileLines = 400
    static let maximumMedianFileLines = 150
    static let maximumFunctionLines = 50
    /// The median is below this.
    static let functionMedianBound = 8
    static let maximumColumns = 110

    /// Of the product's files.
    static func findings(path: String, text: String) -> [Finding] {
        let count = lineCount(text)
        let long =
            count > maximumFileLines
            ? [Finding(path, nil, "has \(count) lines, more than \(maximumFileLines)")] : []
        return long + wideLines(path: path, text: text) + longFunctions(path: path, text: text)
            + misnamed(path: path, text: text)
    }

    static func wideLines(path: String, text: String) -> [Finding] {
        text.numberedLines.filter { $0.text.count > maximumColumns }
            .map { Finding(path, $0.number, "is \($0.text.count) columns wide, more than \(maximumColumns)") }
    }

    /// Of all files together.
    static func medianFindings(_ sources: [(path: String, text: String)]) -> [Finding] {
        let files = median(sources.map { lineCount($0.text) })
        let functions = median(
            sources.flatMap { FunctionScan.bodies(in: $0.text) }.filter(\.isFunction).map(\.lineCount))
        var findings: [Finding] = []
        if files > maximumMedianFileLines {
            findings.append(Finding("Sources", nil, "files have a median of \(files) lines"))
        }
        if functions >= functionMedianBound {
            findings.append(Finding("Sources", nil, "functions have a median of \(functions) lines"))
        }
        return findings
    }

    /// The middle one, of two the greater; 0 of none.
    static func median(_ numbers: [Int]) -> Int { numbers.isEmpty ? 0 : numbers.sorted()[numbers.count / 2] }

    private static func lineCount(_ text: String) -> Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    private static func longFunctions(path: String, text: String) -> [Finding] {
        FunctionScan.bodies(in: text).filter { $0.lineCount > maximumFunctionLines }
            .map {
                Finding(
                    path, $0.line, "`\($0.name)` has \($0.lineCount) lines, more than \(maximumFunctionLines)"
                )
            }
    }

    /// `Name.swift` and `Name+Topic.swift` declare or extend something with that name in its own.
    private static func misnamed(path: String, text: String) -> [Finding] {
        let file = path.split(separator: "/").last ?? ""
        let name = file.prefix { $0 != "+" && $0 != "." }
        guard file != "main.swift", file != "Package.swift" else { return [] }
        let keywords: Set<Substring> = [
            "struct", "class", "enum", "actor", "protocol", "extension", "typealias", "func", "var",
        ]
        let words = SwiftCode.of(text).split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "." }
        let declared = zip(words, words.dropFirst()).filter { keywords.contains($0.0) }.map(\.1)
        return declared.contains { $0.lowercased().contains(name.lowercased()) }
            ? [] : [Finding(path, nil, "declares nothing called like `\(name)`")]
    }
}
