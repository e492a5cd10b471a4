internal import Consent
internal import Model

extension Gateway {
    /// The hub signs with a new key; with `revoke` what the one of before signed is over.
    func rotateKeys(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let revokes = try members.optional("revoke", "true or false") { $0.bool } ?? false
        try members.finish()
        let recorded = try await exchange.rotateKey(revokesFormer: revokes, by: try call.requiredCaller)
        return .json(
            ["kid": .string(recorded.value), "entry": recorded.entryJSON], entry: recorded.entry)
    }
}
