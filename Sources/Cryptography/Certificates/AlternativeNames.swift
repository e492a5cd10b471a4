import COpenSSL

/// The names in a certificate's subjectAltName extension (RFC 5280 section 4.2.1.6).
struct AlternativeNames {
    var dnsNames: [String] = [], ipAddresses: [String] = [], uris: [String] = []

    init(dnsNames: [String], ipAddresses: [String], uris: [String]) {
        (self.dnsNames, self.ipAddresses, self.uris) = (dnsNames, ipAddresses, uris)
    }

    /// The names that `certificate` holds; none if it has no such extension.
    /// - Throws: `invalidCertificate` if the extension is there twice, is no list of names, or holds a name
    ///   with other than visible ASCII characters: a NUL would end the name early for whoever reads it in C.
    init(of certificate: OpaquePointer) throws(CryptographyError) {
        var state: Int32 = 0
        let extensionValue = X509_get_ext_d2i(certificate, NID_subject_alt_name, &state, nil)
        guard let extensionValue else {
            // -1 says that there is none.
            if state == -1 { return }
            throw .withLibraryReason(.invalidCertificate, "the alternative names cannot be read")
        }
        let names = OpaquePointer(extensionValue)
        defer { GENERAL_NAMES_free(names) }
        for index in 0..<sluis_general_names_count(names) {
            guard let name = sluis_general_names_at(names, index) else { continue }
            guard take(name.pointee) else {
                throw CryptographyError(.invalidCertificate, "an alternative name is malformed")
            }
        }
    }

    private mutating func take(_ name: GENERAL_NAME) -> Bool {
        switch name.type {
        case GEN_DNS: Self.append(Self.visibleText(name.d.dNSName), to: &dnsNames)
        case GEN_URI: Self.append(Self.visibleText(name.d.uniformResourceIdentifier), to: &uris)
        case GEN_IPADD: Self.append(IPAddress.text(Self.bytes(name.d.iPAddress)), to: &ipAddresses)
        default: true
        }
    }

    private static func append(_ text: String?, to list: inout [String]) -> Bool {
        guard let text else { return false }
        list.append(text)
        return true
    }

    private static func bytes(_ value: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let value, let start = ASN1_STRING_get0_data(value) else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(value))))
    }

    private static func visibleText(_ value: UnsafePointer<ASN1_STRING>?) -> String? {
        let bytes = bytes(value)
        return isVisible(bytes) ? String(decoding: bytes, as: UTF8.self) : nil
    }

    static func isVisible(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
