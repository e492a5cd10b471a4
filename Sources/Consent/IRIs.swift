public import Model

/// The IRIs under which things of this hub are known: `https://HOST/id/KIND/ID`.
public struct IRIs: Sendable {
    let host: String

    public init(host: String) { self.host = host }

    public func organisation(_ id: Slug) -> String { "https://\(host)/id/organisations/\(id)" }
    public func person(_ id: PersonID) -> String { "https://\(host)/id/persons/\(id)" }
    public func dataset(_ id: Slug) -> String { "https://\(host)/id/datasets/\(id)" }
    public func agreement(_ id: AgreementID) -> String { "https://\(host)/id/agreements/\(id)" }
    public func offer(_ dataset: Slug) -> String { self.dataset(dataset) + "#offer" }
}
