extension X509Certificate {
    /// Reads a text with exactly one block `CERTIFICATE` (RFC 7468 section 5).
    /// - Throws: `invalidCertificate`.
    public init(pem: String) throws(CryptographyError) {
        let chain = try Self.chain(pem: pem)
        guard chain.count == 1 else {
            throw CryptographyError(
                .invalidCertificate, "found \(chain.count) certificates; expected one PEM block `CERTIFICATE`"
            )
        }
        self = chain[0]
    }

    /// Reads the blocks `CERTIFICATE` of `pem`, in order, at least one.
    /// - Throws: `invalidCertificate`, also if there is a block of another kind.
    public static func chain(pem: String) throws(CryptographyError) -> [X509Certificate] {
        guard let blocks = PEMBlock.blocks(in: pem), !blocks.isEmpty,
            blocks.allSatisfy({ $0.label == "CERTIFICATE" && !$0.hasHeaders })
        else { throw CryptographyError(.invalidCertificate, "expected PEM blocks `CERTIFICATE` only") }
        var chain: [X509Certificate] = []
        for block in blocks { chain.append(try X509Certificate(der: block.bytes)) }
        return chain
    }

    /// One block `CERTIFICATE` with a final line end.
    public var pem: String { PEMBlock(label: "CERTIFICATE", bytes: der).text }
}
