import Model

/// What an operator decides about an organisation.
enum OrganisationChange: String {
    case approve, refuse, suspend, resume

    func make(of id: Slug, reason: String?, _ hub: HubOptions) async throws {
        let body = reason.map { HubBody.json(["reason": .string($0)]) }
        let answer = try await hub.client().call(
            .post, "/api/v1/organisations/\(id)/\(rawValue)", body: body)
        let json = try answer.members("id", "state", "entry")
        let state = self == .refuse ? "refused" : json["state"]?.string ?? ""
        try hub.output.answer(json, "organisation \(id) is \(state) (\(json.entryText))")
    }
}
