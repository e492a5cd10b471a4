internal import Consent
internal import Cryptography
internal import DataPlane

/// What an answer sent, or is about to send, and how it ended.
struct Sent: Sendable {
    var status: AccessEntries.Status
    var rows: Int
    var bytes: Int
    /// SHA-256 of the body before content coding; nil if none is made.
    var bodyDigest: [UInt8]?
    /// SHA-256 of what went over the wire, content coding included; nil if none is made.
    var contentDigest: [UInt8]?
    /// Whether it was a part of the whole that was to be sent.
    var isPart = false
    /// `[epoch, offset of the first byte sent under it]`.
    var epochs: [(epoch: Int64, firstByte: Int)]
    var delivered: DeliveryCount
    /// Why it was cut, if the upstream of a connected dataset is the reason.
    var trouble: UpstreamTrouble?

    static let nothing = Sent(
        status: .cut, rows: 0, bytes: 0, bodyDigest: SHA256.hash([]), contentDigest: SHA256.hash([]),
        epochs: [], delivered: DeliveryCount())

    func outcome(delivered commitment: [UInt8]?) -> AccessEntries.Outcome {
        AccessEntries.Outcome(
            status: status, rows: rows, bytes: bytes, bodyDigest: bodyDigest, epochs: epochs,
            delivered: commitment, fault: trouble?.fault)
    }
}
