internal import Consent
internal import Model
internal import NIOCore
internal import Tokens

/// A read on the fast lane, from its request to its answer.
struct FastRead {
    let token: KnownToken
    let answer: PreparedAnswer
    /// Its place among what its reader may use.
    let admission: UsageBook.Admission
    /// 16 bytes for the entry, 16 for the stream's name, 32 to salt its digest.
    let random: [UInt8]
    /// The request, for the other parser if it cannot be answered here.
    let request: ByteBuffer
    let begun: ContinuousClock.Instant

    var salt: ArraySlice<UInt8> { random[32...] }

    /// Its entries: the one that is in the log, and those that could follow.
    var entries: AccessEntries {
        let reader = Reader(token.token, nonce: nil)
        return AccessEntries(
            answer.plan, by: reader.actor, for: reader.consumer, purpose: reader.claim.purpose,
            random: Array(random[16...]))
    }
}
