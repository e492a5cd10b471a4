/// The part of an owner filter for 4,096 owners with neighbouring ordinals.
///
/// Pages are copied on write, so a change under a running read copies some kilobytes, not the whole filter.
struct FilterPage: Sendable {
    static let ownerCount = 4_096

    /// Which field set each owner granted: nothing to keep while all on the page granted the same one.
    private enum Scopes: Sendable {
        case uniform(UInt16)
        /// While all numbers on the page are below 256.
        case narrow([UInt8])
        case wide([UInt16])
    }

    private var bits: [UInt64] = []
    private var scopes = Scopes.uniform(0)

    /// The number of the owner's field set; nil without a grant.
    @inline(__always)
    func scope(_ owner: Int) -> Int? {
        guard !bits.isEmpty, bits[owner >> 6] >> UInt64(owner & 63) & 1 == 1 else { return nil }
        return switch scopes {
        case .uniform(let scope): Int(scope)
        case .narrow(let list): Int(list[owner])
        case .wide(let list): Int(list[owner])
        }
    }

    /// Whether both hold the same grants, as can be told without looking at each owner.
    ///
    /// - Parameter isSame: whether a number of this page's sets and one of the other's stand for the same
    ///   set.
    func isSame(as other: FilterPage, _ isSame: (UInt16, UInt16) -> Bool) -> Bool {
        if bits.isEmpty && other.bits.isEmpty { return true }
        guard bits == other.bits, case .uniform(let own) = scopes, case .uniform(let others) = other.scopes
        else { return false }
        return isSame(own, others)
    }

    /// The first owner from `start` on who has a grant.
    func firstGranted(from start: Int) -> Int? {
        guard !bits.isEmpty, start < Self.ownerCount else { return nil }
        var word = start >> 6
        var pending = bits[word] & (UInt64.max << UInt64(start & 63))
        while pending == 0 {
            word += 1
            guard word < bits.count else { return nil }
            pending = bits[word]
        }
        return word << 6 | pending.trailingZeroBitCount
    }

    mutating func grant(_ owner: Int, scope: UInt16) {
        if bits.isEmpty { bits = [UInt64](repeating: 0, count: Self.ownerCount / 64) }
        setScope(owner, scope)
        bits[owner >> 6] |= 1 << UInt64(owner & 63)
    }

    mutating func clear(_ owner: Int) {
        guard !bits.isEmpty else { return }
        bits[owner >> 6] &= ~(1 << UInt64(owner & 63))
        if bits.allSatisfy({ $0 == 0 }) { self = FilterPage() }
    }

    private mutating func setScope(_ owner: Int, _ scope: UInt16) {
        switch scopes {
        case .uniform(scope): return
        case .uniform where bits.allSatisfy({ $0 == 0 }): scopes = .uniform(scope)
        case .uniform(let old) where max(old, scope) < 256:
            var list = [UInt8](repeating: UInt8(old), count: Self.ownerCount)
            list[owner] = UInt8(scope)
            scopes = .narrow(list)
        case .uniform(let old):
            var list = [UInt16](repeating: old, count: Self.ownerCount)
            list[owner] = scope
            scopes = .wide(list)
        case .narrow(var list) where scope < 256:
            // The enumeration gives the list up while it changes, else the change would copy it.
            scopes = .uniform(0)
            list[owner] = UInt8(scope)
            scopes = .narrow(list)
        case .narrow(let list):
            var wide = list.map { UInt16($0) }
            wide[owner] = scope
            scopes = .wide(wide)
        case .wide(var list):
            scopes = .uniform(0)
            list[owner] = scope
            scopes = .wide(list)
        }
    }
}
