public import Model
internal import Synchronization

/// All gates of live agreements, by agreement.
public final class GateBook: Sendable {
    private struct Pages {
        var gates: [AgreementID: AgreementGate] = [:]
        var agreements: [Slug: Set<AgreementID>] = [:]
    }

    private let pages = Mutex(Pages())

    init() {}

    public func gate(of agreement: AgreementID) -> AgreementGate? { pages.withLock { $0.gates[agreement] } }

    func gates(ofDataset dataset: Slug) -> [AgreementGate] {
        pages.withLock { pages in (pages.agreements[dataset] ?? []).compactMap { pages.gates[$0] } }
    }

    var all: [AgreementGate] { pages.withLock { Array($0.gates.values) } }

    /// The agreement has ended: streams that still run hold its gate themselves.
    func remove(_ id: AgreementID) {
        pages.withLock { pages in
            guard let gate = pages.gates.removeValue(forKey: id) else { return }
            pages.agreements[gate.agreement.dataset]?.remove(id)
        }
    }

    func insert(_ gate: AgreementGate) {
        pages.withLock { pages in
            pages.gates[gate.agreement.id] = gate
            pages.agreements[gate.agreement.dataset, default: []].insert(gate.agreement.id)
        }
    }
}
