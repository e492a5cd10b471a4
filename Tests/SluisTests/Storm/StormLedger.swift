import Model
import Synchronization

/// What all owners know of their grants, by agreement.
final class StormLedger: Sendable {
    private struct State {
        /// By agreement and owner.
        var accounts: [[StormAccount]]
        /// Whose a grant is.
        var places: [String: (agreement: Int, owner: Int)] = [:]
    }

    private let state: Mutex<State>

    init(agreements: Int) {
        let owners = [StormAccount](repeating: StormAccount(), count: StormTable.owners)
        state = Mutex(State(accounts: [[StormAccount]](repeating: owners, count: agreements)))
    }

    var accounts: [[StormAccount]] { state.withLock { $0.accounts } }

    /// Takes an account for one change; nil if one is under way.
    func begin(_ agreement: Int, _ owner: Int) -> StormAccount? {
        state.withLock { state in
            guard !state.accounts[agreement][owner].isBusy else { return nil }
            state.accounts[agreement][owner].isBusy = true
            return state.accounts[agreement][owner]
        }
    }

    /// - Parameter change: nil if there was none.
    func finish(_ agreement: Int, _ owner: Int, _ change: StormChange?) {
        state.withLock { state in
            state.accounts[agreement][owner].isBusy = false
            guard let change else { return }
            state.accounts[agreement][owner].note(change)
            if let grant = change.answer?.grant { state.places[grant] = (agreement, owner) }
        }
    }

    /// - Returns: false if nobody has been told of such a grant.
    func noteExpiry(of grant: String, epoch: Int64, entry: Int64) -> Bool {
        state.withLock { state in
            guard let place = state.places[grant] else { return false }
            state.accounts[place.agreement][place.owner].noteExpiry(of: grant, epoch: epoch, entry: entry)
            return true
        }
    }

    func forget() {
        state.withLock { state in
            for agreement in state.accounts.indices {
                for owner in state.accounts[agreement].indices {
                    state.accounts[agreement][owner].forget()
                }
            }
        }
    }
}
