import ArgumentParser

/// Which entries of the log are meant; what is given must hold of all of them.
struct EntryFilter: ParsableArguments {
    @Option(help: "An organisation that the entries name.") var organisation: String?
    @Option(help: "A dataset.") var dataset: String?
    @Option(help: "An owner: an organisation or the identifier of a person.") var owner: String?
    @Option(help: ArgumentHelp("A purpose.", valueName: "iri")) var purpose: String?
    @Option(help: "permit or deny.") var decision: String?
    @Option(help: "A grant.") var grant: String?
    @Option(help: "A type of entries, such as grant.given.") var type: String?
    @Option(help: ArgumentHelp("At or after this time.", valueName: "time")) var from: String?
    @Option(help: ArgumentHelp("Before this time.", valueName: "time")) var to: String?

    /// The query of a request, percent-encoded, with `more` besides.
    func query(_ more: [(String, String?)]) -> String {
        let wanted =
            [
                ("organisation", organisation), ("dataset", dataset), ("owner", owner), ("purpose", purpose),
                ("decision", decision), ("grant", grant), ("type", type), ("from", from), ("to", to),
            ] + more
        return wanted.compactMap { name, value in value.map { "\(name)=\(PercentEncoder.encode($0))" } }
            .joined(separator: "&")
    }
}
