/// Where something stands in a policy, and by which IRI others can name it.
struct Place: Hashable, Sendable {
    /// An IRI, a blank node label, or nil.
    var uid: String?
    var path: DocumentPath

    /// The name in reports: the identifier or, where there is none, the path.
    var name: String { uid ?? path.description }
}
