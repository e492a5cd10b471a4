import Cryptography
import Model

/// One line of a side file: an owner's, or what is left of it.
struct DeliveredLine: Hashable, Sendable {
    /// Without LF.
    let text: [UInt8]
    /// SHA-256 of the line as it was written first.
    let digest: [UInt8]
    /// Nil when erased.
    let entry: DeliveredRecord.Entry?
    /// By which lines are ordered when they are first written.
    let order: [UInt8]

    init(_ entry: DeliveredRecord.Entry, salt: [UInt8]) {
        let json = JSON.object([
            "fields": JSON(entry.fields), "owner": .string(entry.ownerKey),
            "rows": .integer(Int64(entry.rows)), "salt": .string(Base64.encodeURL(salt)),
        ])
        self.init(text: json.canonical, entry: entry, order: salt)
    }

    /// Nil unless the text is exactly as this program writes it.
    init?(_ text: [UInt8]) {
        guard let json = try? JSON.parse(text), json.canonical == text else { return nil }
        if let digest = json["erased"]?.string.flatMap({ Base64.decodeURL($0) }) {
            guard digest.count == 32, json.object?.count == 1 else { return nil }
            self.init(erased: digest)
            return
        }
        guard let owner = json["owner"]?.string, let rows = json["rows"]?.integer, rows >= 0,
            let fields = json["fields"]?.array?.compactMap(\.string),
            let salt = json["salt"]?.string.flatMap({ Base64.decodeURL($0) }), salt.count == 16
        else { return nil }
        self.init(
            text: text, entry: .init(ownerKey: owner, rows: Int(rows), fields: fields), order: salt)
    }

    var erased: DeliveredLine { DeliveredLine(erased: digest) }

    private init(text: [UInt8], entry: DeliveredRecord.Entry, order: [UInt8]) {
        self.text = text
        digest = SHA256.hash(text)
        self.entry = entry
        self.order = order
    }

    private init(erased digest: [UInt8]) {
        text = JSON.object(["erased": .string(Base64.encodeURL(digest))]).canonical
        self.digest = digest
        entry = nil
        order = digest
    }
}
