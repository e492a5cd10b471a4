/// Commands that a document shows in blocks marked `console`, held against what the programs accept.
enum ConsoleSnippets {
    /// One program and its arguments as a reader would type them.
    struct Invocation: Hashable {
        let line: Int
        let program: String
        let arguments: [String]
    }

    /// Every command after a `$ ` prompt, pipelines and lists split, continued lines joined.
    static func invocations(in markdown: String) -> [Invocation] {
        var invocations: [Invocation] = []
        var isInside = false
        var pending: (line: Int, text: String)?
        for (number, line) in markdown.numberedLines {
            if line.hasPrefix("```") {
                isInside = line == "```console"
                pending = nil
            } else if isInside, let begun = pending ?? (line.hasPrefix("$ ") ? (number, "") : nil) {
                let text = begun.text + (begun.text.isEmpty ? line.dropFirst(2) : line)
                pending = text.hasSuffix("\\") ? (begun.line, String(text.dropLast()) + " ") : nil
                if pending == nil { invocations += split(String(text), line: begun.line) }
            }
        }
        return invocations
    }

    /// What is wrong with a command; commands of other programs are not looked at.
    ///
    /// - Parameters:
    ///   - targets: what `make` can make.
    ///   - help: the help text of a program with these subcommands.
    static func objection(
        to invocation: Invocation, targets: Set<String>,
        help: (_ program: String, _ subcommands: [String]) throws -> String
    ) rethrows -> String? {
        switch invocation.program {
        case "make":
            let unknown = invocation.arguments.first {
                !$0.hasPrefix("-") && !$0.contains("=") && !targets.contains($0)
            }
            return unknown.map { "`make \($0)` is no target" }
        case "sluis", "sluis-verify":
            var (path, rest) = ([String](), invocation.arguments[...])
            var text = try help(invocation.program, path)
            while let word = rest.first, subcommands(in: text).contains(word) {
                path.append(word)
                rest = rest.dropFirst()
                text = try help(invocation.program, path)
            }
            let isOfDefault = rest.first.map { $0.hasPrefix("-") && !options(in: text).contains($0) } ?? true
            if isOfDefault, let word = defaultSubcommand(in: text) {
                path.append(word)
                text = try help(invocation.program, path)
            }
            if !subcommands(in: text).isEmpty, let word = rest.first, !word.hasPrefix("-") {
                return
                    "`\(word)` is no subcommand of `\(([invocation.program] + path).joined(separator: " "))`"
            }
            let known = options(in: text)
            let given = rest.prefix { $0 != "--" }.filter { $0.hasPrefix("-") && $0 != "-" }.map {
                $0.prefix { $0 != "=" }
            }
            return given.first { !known.contains(String($0)) }.map {
                "`\($0)` is no option of `\(path.joined(separator: " "))`"
            }
        default: return nil
        }
    }

    /// The rules of a Makefile.
    static func targets(in makefile: String) -> Set<String> {
        Set(
            makefile.numberedLines.compactMap {
                $0.text.firstMatch(of: /^([a-z][a-z-]*):(?!=)/).map { String($0.1) }
            })
    }

    /// What an ArgumentParser help text lists under SUBCOMMANDS; none in a text without that section.
    static func subcommands(in help: String) -> Set<String> {
        guard let section = help.firstMatch(of: /(?m)^SUBCOMMANDS:\n((?:.*\n?)*)/)?.1 else { return [] }
        return Set(section.matches(of: /(?m)^  ([a-z][a-z-]*)(?: \(default\))?(?=\s|$)/).map { String($0.1) })
    }

    /// The subcommand that is meant where none is named.
    static func defaultSubcommand(in help: String) -> String? {
        help.firstMatch(of: /(?m)^  ([a-z][a-z-]*) \(default\)/).map { String($0.1) }
    }

    /// The options that a help text explains, with their dashes.
    static func options(in help: String) -> Set<String> {
        Set(help.matches(of: /(?:^|[\s\[(|\/])(--?[a-zA-Z][a-zA-Z0-9-]*)/).map { String($0.1) })
    }

    /// Splits at pipes, lists and redirections; variables set before a program are left out.
    private static func split(_ text: String, line: Int) -> [Invocation] {
        words(of: text).split { ["|", "&&", "||", ";", "&"].contains($0) }.compactMap { words in
            let command = words.drop { $0.wholeMatch(of: /[A-Za-z_]+=.*/) != nil }.prefix {
                $0.firstMatch(of: /^\d?[<>]/) == nil
            }
            guard let program = command.first?.split(separator: "/").last else { return nil }
            return Invocation(line: line, program: String(program), arguments: Array(command.dropFirst()))
        }
    }

    /// Splits at blanks, keeps what is quoted together, and stops at a comment.
    private static func words(of text: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in text + " " {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character == " " {
                if word == "#" { return words }
                words += word.map { [$0] } ?? []
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words
    }
}
