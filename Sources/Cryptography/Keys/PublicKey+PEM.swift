extension PublicKey {
    /// Reads a text with exactly one block `PUBLIC KEY` (RFC 7468 section 13).
    /// - Throws: as `init(der:)`; `invalidKey` also for no block, another block or several.
    public init(pem: String) throws(CryptographyError) {
        guard let blocks = PEMBlock.blocks(in: pem), blocks.count == 1, blocks[0].label == "PUBLIC KEY",
            !blocks[0].hasHeaders
        else { throw CryptographyError(.invalidKey, "expected one PEM block `PUBLIC KEY`") }
        try self.init(der: blocks[0].bytes)
    }

    /// One block `PUBLIC KEY` (RFC 7468 section 13) with a final line end.
    public var pem: String { PEMBlock(label: "PUBLIC KEY", bytes: der).text }
}
