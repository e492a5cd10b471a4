public import Model
internal import Synchronization

/// All gates of live agreements, by agreement.
public final class GateBook: Sendable {
    private let gates = Mutex<[AgreementID: AgreementGate]>([:])

    init() {}

    public func gate(of agreement: AgreementID) -> AgreementGate? { gates.withLock { $0[agreement] } }

    func gates(ofDataset dataset: Slug) -> [AgreementGate] {
        gates.withLock { $0.values.filter { $0.agreement.dataset == dataset } }
    }

    var all: [AgreementGate] { gates.withLock { Array($0.values) } }

    func insert(_ gate: AgreementGate) { gates.withLock { $0[gate.agreement.id] = gate } }
}
