import Model

/// The ways in which a grant ends by a command.
enum GrantEnding: String {
    case withdraw, refuse, revoke

    func end(_ grant: GrantID, _ hub: HubOptions) async throws {
        let answer = try await hub.client().call(.post, "/api/v1/grants/\(grant)/\(rawValue)")
        let json = try answer.members("grant", "state", "epoch", "still_readable", "entry")
        try hub.output.answer(json, Self.text(json))
    }

    static func text(_ json: JSON) -> String {
        let state = "grant \(json["grant"]?.string ?? "") is \(json["state"]?.string ?? "")"
        let others = json["still_readable"]?.array ?? []
        let rest =
            others.isEmpty
            ? ""
            : "\nthe same consumer still reads the dataset by "
                + others.map(\.plainText).joined(separator: ", ")
        return "\(state), epoch \(json["epoch"]?.integer ?? 0) (\(json.entryText))" + rest
    }
}
