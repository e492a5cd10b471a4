internal import Consent
internal import HTTPTypes
internal import Model

extension Gateway {
    func giveGrant(_ call: Call) async throws -> Answer {
        var members = try Members(try await call.json())
        let agreement: AgreementID = try members.identifier("agreement")
        let terms = Exchange.GrantTerms(
            fields: try members.texts("fields"), validUntil: try members.time("valid_until"),
            ownerKeys: try members.texts("owner_keys"))
        try members.finish()
        let recorded = try await exchange.grant(agreement, terms, by: try call.requiredCaller)
        return .json(
            recorded.grantJSON, status: .created, entry: recorded.entry,
            location: "/api/v1/grants/\(recorded.value.grant.id)")
    }

    func endGrant(_ call: Call, _ ending: Exchange.Ending) async throws -> Answer {
        var members = try Members(try await call.json())
        let reason = try members.reason()
        try members.finish()
        let recorded = try await exchange.end(
            try call.identifier("id"), by: ending, reason: reason, try call.requiredCaller)
        return .json(recorded.grantJSON, entry: recorded.entry)
    }
}

extension Exchange.Recorded<Exchange.GrantChange> {
    fileprivate var grantJSON: JSON {
        let grant = value.grant
        return [
            "grant": .string(grant.id.description), "agreement": .string(grant.agreement.description),
            "state": .string(grant.state.rawValue), "fields": JSON(grant.fields),
            "owner_keys": grant.ownerKeys.map { JSON($0) } ?? .null, "valid_until": JSON(grant.validUntil),
            "reason": JSON(grant.reason), "epoch": .integer(value.epoch),
            "still_readable": JSON(value.stillReadable.map(\.description)),
            "entry": entryJSON,
        ]
    }
}
