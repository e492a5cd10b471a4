internal import Cryptography
internal import Hummingbird
internal import Synchronization

/// Tells a request from all others, as its body comes in: SHA-256 of method, address and body.
final class BodyDigest: Sendable {
    private let stream = Mutex(SHA256Stream())

    init(of call: Call) {
        update(Array("\(call.request.method) \(call.request.uri.string)\n".utf8))
    }

    func update(_ bytes: [UInt8]) { stream.withLock { $0.update(bytes) } }

    /// Once, at the end.
    func finalize() -> [UInt8] { stream.withLock { $0.finalize() } }
}
