import Glibc
import Synchronization

@testable import DataPlane

/// Makes the n-th call that changes the disk fail, or from it on all of them.
final class Interference: Sendable {
    enum Kind: CaseIterable { case failedNotDone, failedButDone, killedBefore, killedAfter }

    let kind: Kind
    let failing: Int
    private let calls = Mutex(0)

    init(_ kind: Kind, at failing: Int) {
        self.kind = kind
        self.failing = failing
    }

    var count: Int { calls.withLock { $0 } }

    var disk: Disk {
        Disk { [self] call, moment, path in
            let number = calls.withLock { calls in
                if moment == .before { calls += 1 }
                return calls
            }
            let fails =
                switch kind {
                case .failedNotDone: number == failing && moment == .before
                case .failedButDone: number == failing && moment == .after
                case .killedBefore: number >= failing
                case .killedAfter: number > failing || number == failing && moment == .after
                }
            if fails { throw Disk.failure(call.rawValue, path, errno: ENOSPC) }
        }
    }
}
