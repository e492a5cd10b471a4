import Foundation
import Model

extension Instant {
    /// The system's clock; only the wiring reads it.
    static var system: Instant {
        Instant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
