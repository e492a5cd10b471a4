import COpenSSL

extension AlternativeNames {
    var isEmpty: Bool { dnsNames.isEmpty && ipAddresses.isEmpty && uris.isEmpty }

    /// Checks the names before they go into a certificate.
    /// - Throws: `invalidTemplate`.
    func check() throws(CryptographyError) {
        for name in dnsNames where !Self.isHostName(name) {
            throw CryptographyError(.invalidTemplate, "`\(name)` is not a host name")
        }
        for address in ipAddresses where IPAddress.bytes(address) == nil {
            throw CryptographyError(.invalidTemplate, "`\(address)` is not an IP address")
        }
        for uri in uris where !Self.isVisible(uri.utf8) || !uri.contains(":") {
            throw CryptographyError(.invalidTemplate, "`\(uri)` is not a URI")
        }
    }

    /// Adds the extension to `certificate`. Names are written as values, never through OpenSSL's
    /// configuration language, in which a comma in a name would begin another one.
    /// - Returns: whether it worked.
    func write(to certificate: OpaquePointer) -> Bool {
        guard let names = GENERAL_NAMES_new() else { return false }
        defer { GENERAL_NAMES_free(names) }
        let values =
            dnsNames.map { (GEN_DNS, V_ASN1_IA5STRING, Array($0.utf8)) }
            + ipAddresses.map { (GEN_IPADD, V_ASN1_OCTET_STRING, IPAddress.bytes($0) ?? []) }
            + uris.map { (GEN_URI, V_ASN1_IA5STRING, Array($0.utf8)) }
        for (kind, type, bytes) in values where !Self.push(kind, type, bytes, to: names) { return false }
        return X509_add1_ext_i2d(certificate, NID_subject_alt_name, UnsafeMutableRawPointer(names), 0, 0) == 1
    }

    private static func push(_ kind: Int32, _ type: Int32, _ bytes: [UInt8], to names: OpaquePointer) -> Bool
    {
        guard let value = ASN1_STRING_type_new(type) else { return false }
        guard ASN1_STRING_set(value, bytes, Int32(bytes.count)) == 1, let name = GENERAL_NAME_new() else {
            ASN1_STRING_free(value)
            return false
        }
        // The name owns the value from here, the stack the name.
        GENERAL_NAME_set0_value(name, kind, value)
        if sluis_general_names_push(names, name) == 1 { return true }
        GENERAL_NAME_free(name)
        return false
    }

    /// RFC 1123 labels, the first of several possibly `*`.
    private static func isHostName(_ name: String) -> Bool {
        var labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        if labels.count > 1, labels[0].elementsEqual("*".utf8) { labels.removeFirst() }
        return name.utf8.count <= 253 && labels.allSatisfy(isLabel)
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        let hyphen = UInt8(ascii: "-")
        return (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
            && label.allSatisfy { byte in
                (97...122).contains(byte | 0x20) || (48...57).contains(byte) || byte == hyphen
            }
    }
}
