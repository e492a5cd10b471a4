/// Input quoted back in messages: never more of it than a person would read.
func brief(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return scalars.count <= 120 ? text : String(String.UnicodeScalarView(scalars.prefix(117))) + "..."
}

/// `path` followed by a member: `$.permission` or, for names that are not plain, `$['a b']`.
func memberPath(_ path: String, _ name: String) -> String {
    let isPlain = name.utf8.allSatisfy {
        (97...122).contains($0 | 0x20) || (48...57).contains($0) || "@_-:".utf8.contains($0)
    }
    return isPlain && name.utf8.count <= 64 ? "\(path).\(name)" : "\(path)['\(brief(name))']"
}
