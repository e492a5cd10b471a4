import COpenSSL

extension KeyHandle {
    /// A public key on a curve of JOSE.
    ///
    /// - Parameter point: x and y.
    /// - Throws: `invalidKey` if it is no point of the curve.
    convenience init(_ curve: JOSEAlgorithm.Curve, point: [UInt8]) throws(CryptographyError) {
        ERR_clear_error()
        let key = sluis_ec_public_key(curve.rawValue, [0x04] + point, point.count + 1)
        guard let key else {
            throw .withLibraryReason(.invalidKey, "members `x` and `y` are no point of \(curve.rawValue)")
        }
        self.init(owning: key)
        guard isPublicKeySound else {
            throw .withLibraryReason(.invalidKey, "members `x` and `y` are no point of \(curve.rawValue)")
        }
    }

    /// An RSA public key, of numbers that were checked: OpenSSL's own check looks for primes, which of long
    /// numbers takes a second each.
    ///
    /// - Parameters:
    ///   - modulus: big-endian.
    ///   - exponent: the same.
    /// - Throws: `invalidKey` if OpenSSL cannot use it.
    convenience init(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        ERR_clear_error()
        let key = sluis_rsa_public_key(
            modulus, Int32(clamping: modulus.count), exponent, Int32(clamping: exponent.count))
        guard let key else { throw .withLibraryReason(.invalidKey, "members `n` and `e` are no RSA key") }
        self.init(owning: key)
    }

    private var isPublicKeySound: Bool {
        guard let context = EVP_PKEY_CTX_new(pointer, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        return EVP_PKEY_public_check(context) == 1
    }
}
