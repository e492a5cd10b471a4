import Cryptography
import Model
import Testing

@testable import Tokens

@Suite struct NonceSourceTests {
    private let now = TokenFixture.now
    private let source = NonceSource(key: (0..<32).map { UInt8($0) })

    /// Computed by Python's `hmac` over the window's number in eight bytes.
    @Test func nonceIsTheCodeOfItsWindow() {
        #expect(source.window(at: now) == 29_671_920)
        #expect(source.current(at: now) == "cTQ6gP2iLnJ4YKgtGH3SGQ")
        #expect(source.current(at: Instant(milliseconds: -1)) == "UeF5Pq5m4sMxEvgE-bg06w")
    }

    @Test func oneNonceForOneWindow() {
        let first = source.current(at: now)
        #expect(source.current(at: Instant(milliseconds: now.milliseconds + 59_999)) == first)
        #expect(source.current(at: now.adding(seconds: 60)) != first)
        #expect(source.current(at: Instant(milliseconds: now.milliseconds - 1)) != first)
        #expect(first.utf8.count == 22 && Base64.decodeURL(first)?.count == 16)
    }

    @Test func itsOwnWindowAndTheNextTakeIt() {
        let nonce = source.current(at: now), window = source.window(at: now)
        for seconds in [0, 59, 60, 119] as [Int64] {
            #expect(source.window(of: nonce, at: now.adding(seconds: seconds)) == window)
        }
        for seconds in [-1, -60, 120, 3600] as [Int64] {
            #expect(source.window(of: nonce, at: now.adding(seconds: seconds)) == nil)
        }
    }

    @Test func everyBitCountsAndEveryCharacter() throws {
        let nonce = source.current(at: now)
        let bytes = try #require(Base64.decodeURL(nonce))
        for bit in 0..<128 {
            var bent = bytes
            bent[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(source.window(of: Base64.encodeURL(bent), at: now) == nil)
        }
        for text in ["", nonce + "A", String(nonce.dropLast()), nonce + "=", " " + nonce, nonce.lowercased()]
        {
            #expect(source.window(of: text, at: now) == nil, "\(text)")
        }
    }

    @Test func anotherKeyOrLengthOfWindowGivesOthers() {
        let other = NonceSource(key: SecureRandom.bytes(32))
        #expect(source.window(of: other.current(at: now), at: now) == nil)
        let slow = NonceSource(key: (0..<32).map { UInt8($0) }, windowSeconds: 300)
        #expect(slow.window(of: slow.current(at: now), at: now.adding(seconds: 599)) == slow.window(at: now))
        #expect(slow.window(of: slow.current(at: now), at: now.adding(seconds: 600)) == nil)
    }

    @Test func windowsAreWholeAround1970AndAtTheEndsOfTime() {
        #expect(source.window(at: Instant(milliseconds: 0)) == 0)
        #expect(source.window(at: Instant(milliseconds: -1)) == -1)
        #expect(source.window(at: Instant(milliseconds: -60_000)) == -1)
        #expect(source.window(at: Instant(milliseconds: -60_001)) == -2)
        for end in [Int64.min, .max] {
            let time = Instant(milliseconds: end)
            #expect(source.window(of: source.current(at: time), at: time) == source.window(at: time))
        }
    }

    @Test func aKeyOf32BytesIsNeeded() async {
        await #expect(processExitsWith: .failure) { _ = NonceSource(key: [UInt8](repeating: 1, count: 31)) }
        await #expect(processExitsWith: .failure) {
            _ = NonceSource(key: [UInt8](repeating: 1, count: 32), windowSeconds: 0)
        }
    }
}
