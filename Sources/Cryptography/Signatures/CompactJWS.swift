public import Model

/// A JSON Web Signature in compact serialization (RFC 7515 section 7.1), read but not yet believed: nothing
/// in it may be used before `isValid(with:)` is true for a key that the reader chose.
public struct CompactJWS: Hashable, Sendable {
    /// The protected header, an object.
    public let header: JSON
    public let payload: [UInt8]
    public let signature: [UInt8]
    /// The header's `alg`, whatever it says.
    public let algorithmName: String
    /// What is signed: the first two parts with their point, in ASCII.
    let signingInput: [UInt8]

    /// Reads a compact JWS, strictly.
    ///
    /// Exactly three parts of canonical base64url, a header that is a JSON object without duplicate members
    /// and with a string `alg`. `crit` is refused, since no extension is understood (RFC 7515 section
    /// 4.1.11), and so is a `b64` (RFC 7797), which works only with it.
    /// - Parameter maximumBytes: the longest text that is looked at.
    /// - Throws: `invalidJWS`.
    public init(_ text: String, maximumBytes: Int = 8192) throws(CryptographyError) {
        try self.init(bytes: Array(text.utf8), maximumBytes: maximumBytes)
    }

    /// As `init(_:maximumBytes:)`, from ASCII bytes.
    public init(bytes: [UInt8], maximumBytes: Int = 8192) throws(CryptographyError) {
        guard bytes.count <= maximumBytes else {
            throw CryptographyError(.invalidJWS, "longer than \(maximumBytes) bytes")
        }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else {
            throw CryptographyError(.invalidJWS, "\(parts.count) parts between points; expected 3")
        }
        header = try Self.header(of: Self.decode(parts[0], "header"))
        payload = try Self.decode(parts[1], "payload")
        signature = try Self.decode(parts[2], "signature")
        guard let name = header["alg"]?.string else {
            throw CryptographyError(.invalidJWS, "the header has no string `alg`")
        }
        algorithmName = name
        signingInput = Array(bytes[..<(parts[2].startIndex - 1)])
    }

    /// Whether the signature was made with the private key of `key`, and the header names exactly that key's
    /// algorithm. The header alone never chooses: `none` and any foreign algorithm are never valid.
    public func isValid(with key: PublicKey) -> Bool {
        algorithmName == key.algorithm.rawValue && key.isValid(signature, for: signingInput)
    }

    /// As `isValid(with:)` for a key of ours: whether the signature was made with this key under the
    /// header's algorithm, which must be one of the key's own.
    public func isValid(with key: VerificationKey) -> Bool {
        guard let algorithm = JOSEAlgorithm(rawValue: algorithmName) else { return false }
        return key.isValid(signature, for: signingInput, algorithm)
    }

    /// Signs `payload`.
    ///
    /// The header is written in canonical JSON with `alg` set to the key's algorithm.
    /// - Parameter header: further members, such as `typ` and `kid`; `alg`, `crit` and `b64` are not the
    ///   caller's.
    /// - Throws: `invalidJWS` for such a member; `libraryFailure`.
    public static func sign(payload: [UInt8], header: [String: JSON], with key: PrivateKey)
        throws(CryptographyError) -> String
    {
        for member in ["alg", "crit", "b64"] where header[member] != nil {
            throw CryptographyError(.invalidJWS, "header member `\(member)` cannot be given")
        }
        let full = header.merging(["alg": .string(key.algorithm.rawValue)]) { $1 }
        let input = Base64.encodeURL(JSON.object(full).canonical) + "." + Base64.encodeURL(payload)
        return input + "." + Base64.encodeURL(try key.sign(Array(input.utf8)))
    }

    private static func decode(_ part: ArraySlice<UInt8>, _ name: String) throws(CryptographyError) -> [UInt8]
    {
        // Foreign bytes become characters that base64url does not have.
        guard let bytes = Base64.decodeURL(String(decoding: part, as: UTF8.self)) else {
            throw CryptographyError(.invalidJWS, "the \(name) is not base64url")
        }
        return bytes
    }

    private static func header(of bytes: [UInt8]) throws(CryptographyError) -> JSON {
        let header: JSON
        do {
            header = try JSON.parse(bytes, maximumDepth: 8)
        } catch {
            throw CryptographyError(.invalidJWS, "the header is not JSON: \(error.description)")
        }
        guard let members = header.object else {
            throw CryptographyError(.invalidJWS, "the header is a \(header.kind); expected an object")
        }
        for member in ["crit", "b64"] where members[member] != nil {
            throw CryptographyError(.invalidJWS, "header member `\(member)` is not understood")
        }
        return header
    }
}
