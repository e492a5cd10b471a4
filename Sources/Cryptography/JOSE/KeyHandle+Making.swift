import COpenSSL

extension KeyHandle {
    /// A public key on a curve of JOSE.
    ///
    /// - Parameter point: x and y.
    /// - Throws: `invalidKey` if it is no point of the curve.
    convenience init(_ curve: JOSEAlgorithm.Curve, point: [UInt8]) throws(CryptographyError) {
        let key = Self.make("EC") { builder in
            OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve.rawValue, 0) == 1
                && OSSL_PARAM_BLD_push_octet_string(
                    builder, OSSL_PKEY_PARAM_PUB_KEY, [0x04] + point, point.count + 1) == 1
        }
        guard let key else {
            throw .withLibraryReason(.invalidKey, "members `x` and `y` are no point of \(curve.rawValue)")
        }
        self.init(owning: key)
        guard isPublicKeySound else {
            throw .withLibraryReason(.invalidKey, "members `x` and `y` are no point of \(curve.rawValue)")
        }
    }

    /// An RSA public key.
    ///
    /// - Parameters:
    ///   - modulus: big-endian.
    ///   - exponent: the same.
    /// - Throws: `invalidKey` if OpenSSL cannot use it.
    convenience init(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        let n = BN_bin2bn(modulus, Int32(modulus.count), nil)
        let e = BN_bin2bn(exponent, Int32(exponent.count), nil)
        // The builder keeps pointers to them until the parameters are made.
        defer {
            BN_free(n)
            BN_free(e)
        }
        let key = Self.make("RSA") { builder in
            OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
                && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1
        }
        guard let key else { throw .withLibraryReason(.invalidKey, "members `n` and `e` are no RSA key") }
        self.init(owning: key)
        guard isPublicKeySound else {
            throw .withLibraryReason(.invalidKey, "members `n` and `e` are no RSA key")
        }
    }

    private var isPublicKeySound: Bool {
        guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_public_check(context) == 1
    }

    private static func make(_ type: String, _ fill: (OpaquePointer) -> Bool) -> OpaquePointer? {
        ERR_clear_error()
        guard let builder = OSSL_PARAM_BLD_new() else { return nil }
        defer { OSSL_PARAM_BLD_free(builder) }
        guard fill(builder), let parameters = OSSL_PARAM_BLD_to_param(builder) else { return nil }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, type, nil) else { return nil }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, sluis_public_key_selection(), parameters) == 1
        else { return nil }
        return key
    }
}
