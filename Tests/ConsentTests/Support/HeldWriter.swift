import Dispatch
import Registry
import Synchronization

/// Keeps the registry's one writer busy until a test lets it go.
final class HeldWriter: Sendable {
    private let permission = DispatchSemaphore(value: 0)
    private let begun: AsyncStream<Void>

    init(_ registry: Registry) {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        begun = stream
        let permission = permission
        DispatchQueue(label: "writer").async {
            try? registry.write(at: noon) { _ in
                continuation.finish()
                permission.wait()
            }
        }
    }

    /// Returns when nobody else can write.
    func holds() async { for await _ in begun {} }

    func letGo() { permission.signal() }
}
