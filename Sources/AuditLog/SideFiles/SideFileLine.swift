internal import Cryptography
internal import Model

/// One line of a side file, or what is left of it.
struct SideFileLine: Hashable, Sendable {
    /// Without LF.
    let text: [UInt8]
    /// SHA-256 of the line as it was written first.
    let digest: [UInt8]
    let isErased: Bool
    /// Nil when erased, and while nobody asked.
    private let known: [String: JSON]?
    /// By which lines are ordered when they are first written.
    let order: [UInt8]

    /// Nil when erased.
    var members: [String: JSON]? { isErased ? nil : known ?? Self.members(of: text) }

    init(_ members: [String: JSON], salt: [UInt8]) {
        precondition(members["salt"] == nil && members["erased"] == nil, "these names are the file's own")
        var all = members
        all["salt"] = .string(Base64.encodeURL(salt))
        self.init(text: JSON.object(all).canonical, members: members, order: salt)
    }

    /// A line that was written before: canonical JSON with the salt among its members.
    init(written text: [UInt8]) {
        self.text = text
        digest = SHA256.hash(text)
        (isErased, known, order) = (false, nil, [])
    }

    private static func members(of text: [UInt8]) -> [String: JSON]? {
        var members = (try? JSON.parse(text))?.object
        members?["salt"] = nil
        return members
    }

    /// Nil unless the text is exactly as this program writes it.
    init?(_ text: [UInt8]) {
        guard let json = try? JSON.parse(text), json.canonical == text, var members = json.object else {
            return nil
        }
        if let erased = members["erased"] {
            guard members.count == 1, let digest = erased.string.flatMap({ Base64.decodeURL($0) }),
                digest.count == 32
            else { return nil }
            self.init(erased: digest)
            return
        }
        guard let salt = members.removeValue(forKey: "salt")?.string.flatMap({ Base64.decodeURL($0) }),
            salt.count == 16
        else { return nil }
        self.init(text: text, members: members, order: salt)
    }

    var erased: SideFileLine { SideFileLine(erased: digest) }

    private init(text: [UInt8], members: [String: JSON], order: [UInt8]) {
        self.text = text
        digest = SHA256.hash(text)
        (isErased, known) = (false, members)
        self.order = order
    }

    private init(erased digest: [UInt8]) {
        text = JSON.object(["erased": .string(Base64.encodeURL(digest))]).canonical
        self.digest = digest
        (isErased, known) = (true, nil)
        order = digest
    }
}
