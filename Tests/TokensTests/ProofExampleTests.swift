import Cryptography
import Model
import Testing

@testable import Tokens

/// The proofs of RFC 9449 itself. They have no nonce, so they are good in everything but that.
@Suite struct ProofExampleTests {
    private static let header = [
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklD",
        "UkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2",
        "R1JEQSIsImNydiI6IlAtMjU2In19",
    ].joined()

    /// Section 4.1, figure 2: a request for a token.
    private static let forToken = [
        header,
        ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29",
        "tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ",
        ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg",
    ].joined()

    /// Section 7.1, figure 12: a request with a token.
    private static let withToken = [
        header,
        ".eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9",
        "yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9",
        "hTnk1OUlpS0NBcWtzbVFFbyJ9",
        ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
    ].joined()

    private let time = Instant(milliseconds: 1_562_262_618_000)

    @Test(arguments: [forToken, withToken])
    func theSignatureIsGoodAndTheThumbprintThatOfSection6(proof: String) throws {
        let jws = try CompactJWS(proof)
        let key = try VerificationKey(jwk: try #require(jws.header["jwk"]))
        #expect(jws.isValid(with: key))
        #expect(key.thumbprint.description == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    }

    @Test func theyAreGoodForTheirRequestsInEverythingButTheNonce() throws {
        let hub = try ProofFixture(), token = ProofFixture.accessToken
        let tokenURL = "https://server.example.com/token"
        let dataURL = "https://resource.example.org/protectedresource"
        func reason(_ proof: String, _ method: String, _ url: String, _ token: String?) -> ProofFault.Reason?
        {
            do {
                try hub.verify(proof, method: method, url: url, accessToken: token, at: time)
                return nil
            } catch { return error.reason }
        }
        #expect(reason(Self.forToken, "POST", tokenURL, nil) == .nonce)
        #expect(reason(Self.forToken, "GET", tokenURL, nil) == .method)
        #expect(reason(Self.forToken, "POST", dataURL, nil) == .url)
        #expect(reason(Self.forToken, "POST", tokenURL, token) == .accessToken)
        #expect(reason(Self.withToken, "GET", dataURL, token) == .nonce)
        #expect(reason(Self.withToken, "GET", dataURL, token + "x") == .accessToken)
    }
}
