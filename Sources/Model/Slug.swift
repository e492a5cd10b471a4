/// The name of an organisation or a dataset, chosen once at its creation: `[a-z0-9][a-z0-9-]{0,62}`.
///
/// A slug never has the shape of a UUID, so that an owner written as text is an organisation or a person,
/// never both.
public struct Slug: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), bytes[0] != UInt8(ascii: "-"),
            bytes.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") }
            ),
            !Self.looksLikeUUID(bytes)
        else { return nil }
        self.text = String(text)
    }

    public var description: String { text }

    public static func < (a: Slug, b: Slug) -> Bool { a.text < b.text }

    /// What a wrong slug should have been, for messages.
    public static let expectation =
        "1 to 63 characters of a-z, 0-9 and `-`, not beginning with `-` and not shaped like a UUID"

    private static func looksLikeUUID(_ bytes: [UInt8]) -> Bool {
        bytes.count == 36 && [8, 13, 18, 23].allSatisfy { bytes[$0] == UInt8(ascii: "-") }
    }
}
