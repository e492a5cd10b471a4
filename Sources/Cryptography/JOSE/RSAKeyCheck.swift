import COpenSSL

/// Checks that the numbers of an RSA public key are ones that protect anything.
enum RSAKeyCheck {
    /// RFC 7518 section 3.3, FAPI 2.0 section 5.4.
    static let minimumBits = 2048
    /// Longer ones cost more than they protect.
    static let maximumBits = 8192

    /// - Parameters:
    ///   - modulus: big-endian, without leading zeros.
    ///   - exponent: the same.
    /// - Throws: `weakKey` for a short or overlong modulus, numbers that are even, an exponent under which a
    ///   signature is the message or hardly more, and a modulus with small factors or of a generator that is
    ///   known to be broken.
    static func check(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) {
        let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 8)
        guard (minimumBits...maximumBits).contains(bits) else {
            throw CryptographyError(
                .weakKey,
                "the RSA key has \(bits) bits; expected \(minimumBits) to \(maximumBits)")
        }
        guard modulus.last.map({ $0 & 1 }) == 1 else {
            throw CryptographyError(.weakKey, "member `n`: the number is even")
        }
        guard exponent.last.map({ $0 & 1 }) == 1, exponent != [1], exponent.count <= 8 else {
            throw CryptographyError(
                .weakKey, "member `e`: expected an odd number from 3 to 2^64, such as 65537")
        }
        let rests = primes.map { prime in modulus.reduce(0) { ($0 << 8 | Int($1)) % prime } }
        guard !rests.contains(0) else {
            throw CryptographyError(.weakKey, "member `n`: the number has small factors")
        }
        guard !isOfROCA(rests) else {
            throw CryptographyError(
                .weakKey, "member `n`: the key was made by a generator whose keys can be factored (ROCA)")
        }
    }

    /// Whether a modulus has the form of those that the library of CVE-2017-15361 made: modulo each of
    /// these primes it is a power of 65537 (Nemec and others, "The Return of Coppersmith's Attack", CCS 2017,
    /// section 3.2). Of others one in 2^27 or fewer does.
    private static func isOfROCA(_ rests: [Int]) -> Bool {
        zip(primes, rests).allSatisfy { prime, rest in
            var power = 1
            repeat {
                if power == rest { return true }
                power = power * 65_537 % prime
            } while power != 1
            return false
        }
    }

    /// The first 39 primes but 2: those that divide the constant of its 512-bit keys, and of all larger ones.
    private static let primes = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103,
        107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
