public import Model

/// The IRIs under which things of this hub are known: `https://HOST/id/KIND/ID`.
public struct IRIs: Sendable {
    let host: String

    public init(host: String) { self.host = host }

    public func organisation(_ id: Slug) -> String { "https://\(host)/id/organisations/\(id)" }
    /// The organisation that a slug or an IRI of this hub names.
    public func organisation(named text: String) -> Slug? { slug(text, organisation) }

    /// The dataset that a slug or an IRI of this hub names.
    public func dataset(named text: String) -> Slug? { slug(text, dataset) }

    /// The agreement that an identifier or an IRI of this hub names.
    public func agreement(named text: String) -> AgreementID? {
        AgreementID(text)
            ?? text.split(separator: "/").last.flatMap { AgreementID(String($0)) }
            .flatMap { agreement($0) == text ? $0 : nil }
    }

    private func slug(_ text: String, _ iri: (Slug) -> String) -> Slug? {
        Slug(text)
            ?? text.split(separator: "/").last.flatMap { Slug(String($0)) }
            .flatMap { iri($0) == text ? $0 : nil }
    }

    public func person(_ id: PersonID) -> String { "https://\(host)/id/persons/\(id)" }
    public func dataset(_ id: Slug) -> String { "https://\(host)/id/datasets/\(id)" }
    public func agreement(_ id: AgreementID) -> String { "https://\(host)/id/agreements/\(id)" }
    public func offer(_ dataset: Slug) -> String { self.dataset(dataset) + "#offer" }
}
