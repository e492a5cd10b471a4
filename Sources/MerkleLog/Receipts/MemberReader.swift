import Model

/// Reads the members of one object of a receipt strictly: each that is expected, and no other. Errors name
/// the member with its way from the top: `entries[2].openings[0].salt`.
struct MemberReader {
    private let members: [String: JSON]
    private let path: String

    /// - Parameters:
    ///   - path: of the object, empty for the top.
    ///   - names: of the members that it must have.
    /// - Throws: `malformedReceipt`.
    init(_ json: JSON, at path: String = "", names: [String]) throws(ProofError) {
        self.path = path
        guard let members = json.object else {
            throw Self.failure(path.isEmpty ? "it" : "member `\(path)`", "is not an object")
        }
        self.members = members
        if let unknown = members.keys.filter({ !names.contains($0) }).min() {
            throw Self.failure("member `\(way(to: unknown))`", "is not known")
        }
        if let missing = names.first(where: { members[$0] == nil }) {
            throw Self.failure("member `\(way(to: missing))`", "is missing")
        }
    }

    func string(_ name: String) throws(ProofError) -> String {
        guard let text = members[name]?.string else { throw failure(name, "is not a string") }
        return text
    }

    /// An index of an entry.
    func index(_ name: String) throws(ProofError) -> UInt64 {
        guard let number = members[name]?.integer, let index = UInt64(exactly: number) else {
            throw failure(name, "is not the index of an entry")
        }
        return index
    }

    func bytes(_ name: String, count: Int) throws(ProofError) -> [UInt8] {
        guard let bytes = Base64.decodeURL(try string(name)), bytes.count == count else {
            throw failure(name, "is not the base64url of \(count) bytes")
        }
        return bytes
    }

    /// The elements of an array, each with its way.
    func elements(_ name: String) throws(ProofError) -> [(json: JSON, path: String)] {
        guard let elements = members[name]?.array else { throw failure(name, "is not an array") }
        return elements.enumerated().map { ($0.element, "\(way(to: name))[\($0.offset)]") }
    }

    func failure(_ name: String, _ problem: String) -> ProofError {
        Self.failure("member `\(way(to: name))`", problem)
    }

    private func way(to name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private static func failure(_ what: String, _ problem: String) -> ProofError {
        ProofError(.malformedReceipt, "\(what) \(problem)")
    }
}
