public import Model

/// A subject or a resource as AuthZEN 1.0 names it (section 5).
public struct AuthorizationEntity: Sendable {
    public var type: String
    public var id: String
    /// What is known of it, or stated of it in a request.
    public var properties: [String: JSON]

    public init(type: String, id: String, properties: [String: JSON] = [:]) {
        self.type = type
        self.id = id
        self.properties = properties
    }

    /// How policies name it: `urn:authzen:TYPE:ID`, or an id that is an IRI by itself.
    ///
    /// An id cannot make itself another entity: one that begins like these names is written as any other.
    public var iri: String {
        Self.iri(id) ?? "\(Self.collection(of: type)):\(PercentEncoding.encode(id))"
    }

    /// How policies name all entities of a type.
    public static func collection(of type: String) -> String {
        prefix + PercentEncoding.encode(type)
    }

    /// How policies name an action.
    public static func action(_ name: String) -> String {
        iri(name) ?? SluisProfile.authorizationAction + PercentEncoding.encode(name)
    }

    static let prefix = "urn:authzen:"

    private static func iri(_ id: String) -> String? {
        let isOurs = id.lowercased().hasPrefix(prefix)
        return !isOurs && IRI.isAbsolute(id) && IRI.hasSchemeInUse(id) ? id : nil
    }

    /// The entity that such a name names; nil for any other IRI, for a type and for an action.
    init?(iri: String) {
        guard iri.hasPrefix(Self.prefix), !iri.hasPrefix(SluisProfile.authorizationAction) else { return nil }
        let parts = iri.dropFirst(Self.prefix.count).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let type = PercentEncoding.decode(parts[0]),
            let id = PercentEncoding.decode(parts[1])
        else { return nil }
        self.init(type: type, id: id)
    }

    /// Type and id, byte by byte: what Unicode holds equivalent can still be two entities.
    var key: [UInt8] { Array(type.utf8) + [0xFF] + Array(id.utf8) }
}

/// The encoding of RFC 3986 section 2.1, everything but unreserved characters encoded.
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isUnreserved(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Nil for a stray percent sign and for what is not UTF-8.
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        (97...122).contains(byte | 0x20) || (48...57).contains(byte) || "-._~".utf8.contains(byte)
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }
}
