internal import Model

/// The organisations that a dataset, an agreement, a request or a grant names wherever it stands.
struct Parties: Hashable {
    var provider: Slug?
    var consumer: Slug?
    /// Of a grant, if its owner is an organisation.
    var owner: Slug?

    var organisations: [Slug] { [provider, consumer, owner].compactMap(\.self) }

    /// What is not said here stays as it was.
    func completed(by before: Parties?) -> Parties {
        Parties(
            provider: provider ?? before?.provider, consumer: consumer ?? before?.consumer,
            owner: owner ?? before?.owner)
    }

    /// What an entry teaches; later ones that say otherwise count from there on.
    ///
    /// - Parameter agreement: what is known of the entry's agreement.
    static func taught(by entry: IndexedEntry, agreement: Parties?) -> (subject: [UInt8], parties: Parties)? {
        switch EntryType(rawValue: entry.type) {
        case .datasetPublished:
            return entry.dataset.map { (subject(of: $0), Parties(provider: entry.provider)) }
        case .requestMade:
            return entry.request.map { (subject(of: $0), Parties(consumer: entry.consumer)) }
        case .agreementMade:
            return entry.agreement.map {
                (subject(of: $0), Parties(provider: entry.provider, consumer: entry.consumer))
            }
        case .grantRequested, .grantGiven, .grantAmended, .grantRefused, .grantWithdrawn, .grantRevoked,
            .grantExpired:
            return entry.grant.map {
                let parties = Parties(
                    provider: agreement?.provider, consumer: agreement?.consumer, owner: entry.owner)
                return (subject(of: $0), parties)
            }
        default: return nil
        }
    }

    static func subject(of dataset: Slug) -> [UInt8] { Array("d\(dataset.text)".utf8) }
    static func subject(of agreement: AgreementID) -> [UInt8] { [UInt8(ascii: "a")] + agreement.bytes }
    static func subject(of request: RequestID) -> [UInt8] { [UInt8(ascii: "r")] + request.bytes }
    static func subject(of grant: GrantID) -> [UInt8] { [UInt8(ascii: "g")] + grant.bytes }
}
