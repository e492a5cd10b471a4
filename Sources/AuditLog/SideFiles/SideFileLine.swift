internal import Cryptography
internal import Model

/// One line of a side file as it is written, or what is left of it.
struct SideFileLine {
    /// What only erased lines begin with.
    static let erasedHead = Array("{\"erased\":".utf8)

    /// Without LF.
    let text: [UInt8]
    /// SHA-256 of the line as it was written first.
    let digest: [UInt8]
    /// Without the salt; nil when erased, and where they are not known.
    private(set) var members: [String: JSON]?

    init(_ members: [String: JSON], salt: [UInt8]) {
        precondition(members["salt"] == nil && members["erased"] == nil, "these names are the file's own")
        var all = members
        all["salt"] = .string(Base64.encodeURL(salt))
        text = JSON.object(all).canonical
        digest = SHA256.hash(text)
        self.members = members
    }

    /// Nil unless the text is exactly as this program writes it.
    init?(_ text: [UInt8]) {
        guard let json = try? JSON.parse(text), json.canonical == text, var members = json.object else {
            return nil
        }
        if let erased = members["erased"] {
            guard members.count == 1, let digest = erased.string.flatMap({ Base64.decodeURL($0) }),
                digest.count == SHA256.byteCount
            else { return nil }
            self.init(erased: digest)
            return
        }
        guard let salt = members.removeValue(forKey: "salt")?.string.flatMap({ Base64.decodeURL($0) }),
            salt.count == DeliveryLine.saltBytes
        else { return nil }
        self.init(text: text, digest: SHA256.hash(text))
        self.members = members
    }

    /// What is left of a line with this digest.
    init(erased digest: [UInt8]) {
        self.init(
            text: JSON.object(["erased": .string(Base64.encodeURL(digest))]).canonical, digest: digest)
    }

    private init(text: [UInt8], digest: [UInt8]) {
        self.text = text
        self.digest = digest
    }

    /// Of a line that is not erased, without its salt.
    static func members(of text: ArraySlice<UInt8>) -> [String: JSON]? {
        var members = (try? JSON.parse(text))?.object
        members?["salt"] = nil
        return members
    }
}
