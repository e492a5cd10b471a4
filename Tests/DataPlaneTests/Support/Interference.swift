import Glibc
import Synchronization

@testable import DataPlane

/// Makes the n-th call that changes the disk fail, or from it on all of them.
final class Interference: Sendable {
    enum Kind: CaseIterable { case failedNotDone, failedButDone, killedBefore, killedAfter }

    let kind: Kind
    let failing: Int
    private let calls = Mutex(Calls())

    /// Two threads may be inside a call at once, so that each needs the number of its own.
    private struct Calls {
        var count = 0
        var underWay: [pthread_t: Int] = [:]

        mutating func number(_ moment: Disk.Moment) -> Int {
            let thread = pthread_self()
            if moment == .after, let number = underWay.removeValue(forKey: thread) { return number }
            count += 1
            underWay[thread] = count
            return count
        }
    }

    init(_ kind: Kind, at failing: Int) {
        self.kind = kind
        self.failing = failing
    }

    var count: Int { calls.withLock { $0.count } }

    var disk: Disk {
        Disk { [self] call, moment, path in
            let number = calls.withLock { $0.number(moment) }
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
