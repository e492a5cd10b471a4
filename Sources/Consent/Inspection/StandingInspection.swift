internal import Model
internal import Registry

/// Which agreements and organisations take part, as the log tells it: held against the registry.
struct StandingInspection {
    private var ended: Set<AgreementID> = []
    private var states: [Slug: Organisation.State] = [:]

    mutating func note(_ type: EntryType?, _ json: JSON) {
        let organisation = json["organisation"]?.string.flatMap { Slug($0) }
        switch type {
        case .agreementEnded:
            if let id = json["agreement"]?.string.flatMap({ AgreementID($0) }) { ended.insert(id) }
        case .organisationAdded:
            // Entries from before there were states are of organisations that took part at once.
            let state = json["state"]?.string.flatMap { Organisation.State(rawValue: $0) } ?? .active
            if let organisation { states[organisation] = state }
        case .organisationApproved, .organisationResumed:
            if let organisation { states[organisation] = .active }
        case .organisationSuspended: if let organisation { states[organisation] = .suspended }
        case .organisationRefused: if let organisation { states[organisation] = nil }
        default: break
        }
    }

    /// The agreements that the registry has running and were ended, or ended and were not; and the
    /// organisations that are in another state than the log tells.
    ///
    /// - Parameter isPruned: whether the log does not tell of all that happened.
    func differences(from reader: RegistryReader, isPruned: Bool) throws -> (
        agreements: [String], parties: [String]
    ) {
        var agreements: [String] = []
        var parties: [String] = []
        try reader.forEachAgreementEnd { id, endedAt in
            let isEnded = ended.contains(id)
            if isEnded != (endedAt != nil), isEnded || !isPruned { agreements.append(id.description) }
        }
        try reader.forEachOrganisation { organisation in
            guard let told = states[organisation.id] else { return }
            if told != organisation.state { parties.append(organisation.id.text) }
        }
        return (agreements, parties)
    }
}
