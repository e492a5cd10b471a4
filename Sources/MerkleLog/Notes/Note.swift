import Model

/// A text with signatures (C2SP signed-note), read but not yet believed.
public struct Note: Sendable {
    /// One signature line: `— <name> base64(<key id> || <signature>)`.
    public struct Signature: Hashable, Sendable {
        public let name: String
        public let keyID: UInt32
        /// Without the key id.
        public let bytes: [UInt8]

        /// The line of the note, newline included.
        public var line: String {
            "\(Note.marker)\(name) \(Base64.encode(KeyName.bytes(of: keyID) + bytes))\n"
        }

        // Names that only look alike are different: the synthesised `==` would follow Unicode's equivalence.
        public static func == (a: Self, b: Self) -> Bool {
            a.keyID == b.keyID && a.bytes == b.bytes && a.name.hasSameBytes(as: b.name)
        }

        public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
    }

    /// More signatures or bytes than these are refused; the format asks for at least 16 signatures.
    public static let maximumSignatures = 100
    public static let maximumSizeBytes = 1 << 20

    /// The signed text with its final newline.
    public let text: String
    public let signatures: [Signature]

    /// Reads a note: UTF-8 without control characters, a text, an empty line, one or more signature lines.
    ///
    /// - Throws: `malformedNote`.
    public init(_ bytes: [UInt8]) throws(ProofError) {
        let lines: [ArraySlice<UInt8>]
        (text, lines) = try Self.parts(of: bytes)
        signatures = try lines.map { line throws(ProofError) in try Self.signature(line) }
    }

    /// The text, and the signature lines unread.
    ///
    /// - Throws: `malformedNote`.
    static func parts(of bytes: [UInt8]) throws(ProofError) -> (text: String, lines: [ArraySlice<UInt8>]) {
        guard bytes.count <= Self.maximumSizeBytes else {
            throw Self.malformed("has \(bytes.count) bytes; at most \(Self.maximumSizeBytes) are read")
        }
        guard bytes.allSatisfy({ $0 >= 0x20 || $0 == Self.newline }),
            String(validating: bytes, as: UTF8.self) != nil
        else { throw Self.malformed("is not UTF-8 without control characters") }
        guard bytes.last == Self.newline, let end = Self.endOfText(in: bytes) else {
            throw Self.malformed("has no empty line between its text and its signatures")
        }
        let lines = bytes[(end + 1)...].dropLast().split(
            separator: Self.newline, omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else {
            throw Self.malformed("has more than \(Self.maximumSignatures) signatures")
        }
        return (String(decoding: bytes[..<end], as: UTF8.self), lines)
    }

    /// The whole note, byte for byte as it was read.
    public var contents: String { Self.contents(text: text, signatures: signatures) }

    static func contents(text: String, signatures: [Signature]) -> String {
        text + "\n" + signatures.map(\.line).joined()
    }

    /// Checks the signatures of `verifiers`; those of other keys are ignored.
    ///
    /// - Returns: the verifiers that signed, each once.
    /// - Throws: `badSignature` if one signature by a known key is wrong, whatever the others are;
    ///   `unknownSigner` if none is by a known key.
    public func verify(_ verifiers: [NoteVerifier]) throws(ProofError) -> [NoteVerifier] {
        var signers: [NoteVerifier] = []
        for verifier in verifiers {
            // Each only once: a stranger may repeat a line, and every check costs.
            let own = Set(signatures.filter { verifier.isSigner(of: $0) })
            guard own.allSatisfy({ verifier.isValid($0, for: text) }) else {
                throw ProofError(.badSignature, "the signature by `\(verifier.name)` does not verify")
            }
            if !own.isEmpty { signers.append(verifier) }
        }
        guard !signers.isEmpty else {
            throw ProofError(.unknownSigner, "the note has no signature by a known key")
        }
        return signers
    }

    private static let newline = UInt8(ascii: "\n")
    /// Em dash and space.
    static let marker = "\u{2014} "

    /// Where the text ends: after the first newline of the last empty line. Nil if there is no text.
    private static func endOfText(in bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().last { bytes[$0] == newline && bytes[$0 - 1] == newline }
    }

    private static func signature(_ line: ArraySlice<UInt8>) throws(ProofError) -> Signature {
        let marker = Array(marker.utf8)
        let parts = line.dropFirst(marker.count).split(
            separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard line.starts(with: marker), parts.count == 2,
            let bytes = Base64.decode(String(decoding: parts[1], as: UTF8.self)), bytes.count > 4
        else { throw malformed("has a signature line that is not `\u{2014} NAME BASE64`") }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard KeyName.isValid(name) else { throw malformed("is signed by `\(name)`, which is no key name") }
        let keyID = bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
        return Signature(name: name, keyID: keyID, bytes: Array(bytes.dropFirst(4)))
    }

    private static func malformed(_ problem: String) -> ProofError {
        ProofError(.malformedNote, "the note " + problem)
    }
}
