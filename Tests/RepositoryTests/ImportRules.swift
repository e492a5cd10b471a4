/// Which module may import which: the floors of the house (docs/architecture.md).
enum ImportRules {
    /// Modules of ours by floor. A module imports only modules on lower floors.
    static let floors: [String: Int] = [
        "COpenSSL": 0, "CArgon2": 0, "CZlib": 0, "CZstd": 0, "CScan": 0, "Model": 0, "Policies": 0,
        "OpenAPI": 0,
        "Cryptography": 1,
        "MerkleLog": 2, "PolicyEngine": 2,
        "AuditLog": 3, "DataPlane": 3, "Tokens": 3, "Registry": 3, "RemoteHub": 3,
        "Consent": 4, "People": 4, "Notify": 4,
        "Gateway": 5,
        "Portal": 6,
        "sluis": 7, "sluis-verify": 7,
    ]

    /// Modules that only one module of ours knows.
    static let wrapped = [
        "COpenSSL": "Cryptography", "CArgon2": "Cryptography", "CScan": "DataPlane",
        "CZlib": "DataPlane", "CZstd": "DataPlane", "GRDB": "Registry",
    ]

    /// Values and pure functions: these import nothing from outside, not even the C library.
    static let pure: Set = ["Model", "MerkleLog", "PolicyEngine"]

    /// The one file of a pure module that reads files (docs/decisions/0004).
    static let readsFiles = "LogDirectory.swift"

    /// The auditor's program must be small enough to read: of our modules it knows these
    /// (docs/decisions/0013).
    static let verifier: Set = ["Model", "Cryptography", "MerkleLog", "RemoteHub"]

    static func findings(path: String, text: String) -> [Finding] {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count > 2, parts[0] == "Sources" else { return [Finding(path, nil, "lies in no module")] }
        guard let floor = floors[parts[1]] else {
            return [Finding(path, nil, "module `\(parts[1])` has no floor")]
        }
        return imports(in: text).compactMap { line, name in
            if parts.last == readsFiles, name == "Glibc" { return nil }
            return objection(to: name, in: parts[1], on: floor).map { Finding(path, line, $0) }
        }
    }

    /// The modules that a file imports, with the line; of `import struct A.B` that is A.
    static func imports(in text: String) -> [(line: Int, module: String)] {
        let kinds: Set = ["typealias", "struct", "class", "enum", "protocol", "let", "var", "func"]
        return SwiftCode.of(text).numberedLines.flatMap { number, line in
            line.split(separator: ";").compactMap { statement -> (Int, String)? in
                let words = statement.split { $0.isWhitespace }
                guard let keyword = words.firstIndex(of: "import"), words[..<keyword].allSatisfy(isModifier)
                else {
                    return nil
                }
                let path = words[(keyword + 1)...].drop { kinds.contains(String($0)) }.first
                return path?.split(separator: ".").first.map { (number, String($0)) }
            }
        }
    }

    private static func isModifier(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "fileprivate", "private"].contains(word)
    }

    private static func objection(to name: String, in module: String, on floor: Int) -> String? {
        if let keeper = wrapped[name], keeper != module { return "only \(keeper) imports \(name)" }
        if let other = floors[name] {
            if module == "sluis-verify", !verifier.contains(name) {
                return "sluis-verify does not know \(name)"
            }
            return other < floor
                ? nil
                : "\(module) (floor \(floor)) imports \(name) (floor \(other))"
        }
        if pure.contains(module) { return "\(module) is pure, but imports \(name)" }
        if module == "DataPlane", ["NIO", "HTTP", "Hummingbird", "AsyncHTTP"].contains(where: name.hasPrefix)
        {
            return "DataPlane knows no HTTP types, but imports \(name)"
        }
        return nil
    }
}
