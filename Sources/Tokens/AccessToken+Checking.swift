import Model

extension AccessToken {
    /// How far the clock that wrote `iat` and `nbf` may be ahead of ours. `exp` gets no allowance.
    static let clockSkewSeconds: Int64 = 5

    /// Checks what may change between two requests with one token: the time, and what its holder showed.
    /// - Throws: `expired`, `notYetValid`; `certificate` or `proofKey`, after what the token is bound to.
    func check(at time: Instant, boundTo presented: TokenBinding) throws(TokenFault) {
        guard time < expiresAt else { throw TokenFault(.expired, "at \(expiresAt)") }
        let latest = time.adding(seconds: Self.clockSkewSeconds)
        guard max(issuedAt, notBefore ?? issuedAt) <= latest else {
            throw TokenFault(.notYetValid, "before \(max(issuedAt, notBefore ?? issuedAt))")
        }
        guard binding.isMet(by: presented) else {
            let reason: TokenFault.Reason =
                switch binding {
                case .certificate: .certificate
                case .key: .proofKey
                }
            throw TokenFault(reason, "token \(binding), request \(presented)")
        }
    }
}
