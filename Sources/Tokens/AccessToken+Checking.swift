import Cryptography
import Model

extension AccessToken {
    /// How far the clock that wrote `iat` and `nbf` may be ahead of ours. `exp` gets no allowance.
    static let clockSkewSeconds: Int64 = 5

    /// Checks what may change between two requests with one token: the time and the connection.
    /// - Throws: `expired`, `notYetValid` or `certificate`.
    func check(at time: Instant, boundTo presented: Thumbprint) throws(TokenFault) {
        guard time < expiresAt else { throw TokenFault(.expired, "at \(expiresAt)") }
        let latest = time.adding(seconds: Self.clockSkewSeconds)
        guard max(issuedAt, notBefore ?? issuedAt) <= latest else {
            throw TokenFault(.notYetValid, "before \(max(issuedAt, notBefore ?? issuedAt))")
        }
        guard ConstantTime.areEqual(thumbprint.bytes, presented.bytes) else {
            throw TokenFault(.certificate, "token \(thumbprint), connection \(presented)")
        }
    }
}
