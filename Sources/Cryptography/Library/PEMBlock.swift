import COpenSSL
import Model

/// One armoured block of a PEM text (RFC 7468).
struct PEMBlock {
    /// Such as `CERTIFICATE`.
    let label: String
    /// Whether the block carries headers, which only keys encrypted in the old way do.
    let hasHeaders: Bool
    let bytes: [UInt8]

    init(label: String, hasHeaders: Bool = false, bytes: [UInt8]) {
        self.label = label
        self.hasHeaders = hasHeaders
        self.bytes = bytes
    }

    /// Lines of 64 characters and a final line end.
    var text: String {
        let characters = Array(Base64.encode(bytes).utf8)
        let lines = stride(from: 0, to: characters.count, by: 64).map {
            String(decoding: characters[$0..<min($0 + 64, characters.count)], as: UTF8.self)
        }
        return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
    }

    /// Every block of `text`, in order; what stands around them is skipped, as RFC 7468 section 2 allows.
    ///
    /// Blocks are read as they are, encrypted or not: no password is ever asked for.
    /// - Returns: nil if a block is not well formed.
    static func blocks(in text: String) -> [PEMBlock]? {
        ERR_clear_error()
        defer { ERR_clear_error() }
        let input = Array(text.utf8)
        return input.withUnsafeBytes { input in
            guard let source = BIO_new_mem_buf(input.baseAddress, Int32(clamping: input.count)) else {
                return nil
            }
            defer { BIO_free(source) }
            var blocks: [PEMBlock] = []
            while let block = next(from: source) { blocks.append(block) }
            return endsWithoutFault ? blocks : nil
        }
    }

    private static func next(from source: OpaquePointer) -> PEMBlock? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var length = 0
        guard PEM_read_bio(source, &name, &header, &data, &length) == 1, let name, let header, let data else {
            return nil
        }
        defer {
            sluis_free(name)
            sluis_free(header)
            // The block may be a private key.
            sluis_clear_free(data, length)
        }
        return PEMBlock(
            label: String(cString: name), hasHeaders: header.pointee != 0,
            bytes: Array(UnsafeBufferPointer(start: data, count: length)))
    }

    /// The reader stops at the end of the text with "no start line"; any other error is a broken block.
    private static var endsWithoutFault: Bool {
        sluis_is_end_of_pem(ERR_peek_last_error()) == 1
    }
}
