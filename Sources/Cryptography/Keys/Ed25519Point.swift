import COpenSSL
import Model

/// Checks that 32 bytes are a usable Ed25519 public key; OpenSSL takes any 32 bytes for one.
enum Ed25519Point {
    /// Refuses encodings that RFC 8032 section 5.1.3 does not decode (y not below p, or no x for it) and
    /// points of small order, under which one signature fits many messages.
    static func check(_ raw: [UInt8]) throws(CryptographyError) {
        var y = Array(raw.reversed())
        // The highest bit is the sign of x. Where x is 0 it must not be set; those points have small order.
        y[0] &= 0x7F
        let text = Hex.encode(y)
        guard text < prime, !smallOrder.contains(text), isOnCurve(text) else {
            throw CryptographyError(.invalidKey, "the bytes are no point of Ed25519, or one of small order")
        }
    }

    /// 2^255 - 19. All numbers are 64 lower-case hexadecimal digits, so texts compare as numbers do.
    private static let prime = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed"

    /// d of the curve equation -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 section 5.1).
    private static let d = "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3"

    /// The y of the eight points whose order divides 8: 0 (order 4), 1, -1 (order 2) and two of order 8.
    private static let smallOrder: Set<String> = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
        "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
        "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7",
    ]

    /// Whether some x fits: x^2 = (y^2 - 1) / (d y^2 + 1) has a root exactly if the product of the two does,
    /// for their quotient and their product differ by a square.
    private static func isOnCurve(_ y: String) -> Bool {
        guard let context = BN_CTX_new() else { return false }
        defer { BN_CTX_free(context) }
        let p = Number(prime), square = Number(y), product = Number(d)
        let done =
            BN_mod_sqr(square.pointer, square.pointer, p.pointer, context) == 1
            && BN_mod_mul(product.pointer, product.pointer, square.pointer, p.pointer, context) == 1
            && BN_add_word(product.pointer, 1) == 1 && BN_sub_word(square.pointer, 1) == 1
            && BN_mod_mul(product.pointer, product.pointer, square.pointer, p.pointer, context) == 1
        return done && BN_kronecker(product.pointer, p.pointer, context) >= 0
    }

    /// Owns one big number.
    private final class Number {
        var pointer: OpaquePointer?

        init(_ digits: String) { BN_hex2bn(&pointer, digits) }

        deinit { BN_free(pointer) }
    }
}
