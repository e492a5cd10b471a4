import Foundation

/// Links that lead somewhere, and decision records in one row.
enum DocumentRules {
    /// Broken relative links of one Markdown file.
    ///
    /// - Parameter read: the text of a file or an empty text for a folder, by path from the root; nil where
    ///   there is nothing.
    static func brokenLinks(path: String, text: String, read: (String) -> String?) -> [Finding] {
        links(in: text).compactMap { line, target in
            guard target.firstMatch(of: /^[a-zA-Z][a-zA-Z0-9+.\-]*:/) == nil else { return nil }
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let file =
                parts[0].isEmpty
                ? path : resolved(parts[0].removingPercentEncoding ?? String(parts[0]), from: path)
            guard let file, let found = file == path ? text : read(file) else {
                return Finding(path, line, "links to `\(target)`, which is not there")
            }
            guard parts.count > 1, file.hasSuffix(".md"), !anchors(in: found).contains(String(parts[1]))
            else { return nil }
            return Finding(path, line, "links to `\(target)`, which has no such heading")
        }
    }

    /// The targets of inline links, images and reference definitions outside code.
    static func links(in text: String) -> [(line: Int, target: String)] {
        prose(of: text).flatMap { number, line -> [(Int, String)] in
            let inline = line.matches(of: /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)/).map { String($0.1) }
            let definitions = line.matches(of: /^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)>?/).map { String($0.1) }
            return (inline + definitions).map { (number, $0) }
        }
    }

    /// What `#...` may name in a Markdown file: its headings, as GitHub and most other renderers slug them.
    static func anchors(in text: String) -> Set<String> {
        var counts: [String: Int] = [:]
        var anchors: Set<String> = []
        for (_, line) in prose(of: text, keepsCode: true) {
            guard let heading = line.firstMatch(of: /^#{1,6}\s+(.*?)\s*#*$/)?.1 else { continue }
            let plain = String(heading).replacing(/\[([^\]]*)\]\([^)]*\)/) { $0.1 }.lowercased()
            let slug = plain.filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.replacing(
                " ", with: "-")
            let count = counts[slug, default: 0]
            counts[slug] = count + 1
            anchors.insert(count == 0 ? slug : "\(slug)-\(count)")
        }
        return anchors
    }

    /// Names in docs/decisions are `NNNN-title.md` and their numbers run from 0001 without a gap.
    static func decisionFindings(_ names: [String]) -> [Finding] {
        let badNames = names.filter { $0.wholeMatch(of: /\d{4}-[a-z0-9]+(-[a-z0-9]+)*\.md/) == nil }
        let numbers = Set(names).subtracting(badNames).compactMap { Int($0.prefix(4)) }.sorted()
        let misplaced = zip(numbers, 1...).filter { $0 != $1 }
        return badNames.sorted().map { Finding("docs/decisions/\($0)", nil, "is not called NNNN-title.md") }
            + misplaced.prefix(1).map { Finding("docs/decisions", nil, "expected number \($1), found \($0)") }
    }

    /// Lines outside fenced blocks, without inline code unless asked.
    private static func prose(of text: String, keepsCode: Bool = false) -> [(number: Int, text: String)] {
        var fence: Substring?
        return text.numberedLines.compactMap { number, line -> (number: Int, text: String)? in
            let mark = line.drop { $0 == " " }.prefix { $0 == "`" || $0 == "~" }
            if mark.count >= 3, fence == nil || fence.map({ mark.hasPrefix($0) }) == true {
                fence = fence == nil ? mark : nil
                return nil
            }
            guard fence == nil else { return nil }
            return (number, keepsCode ? String(line) : String(line).replacing(/`+[^`]*`+/, with: ""))
        }
    }

    /// The path from the root of a link written in the file `path`; nil if it leaves the repository.
    private static func resolved(_ target: String, from path: String) -> String? {
        var parts = target.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
