/// Where something stands in a policy, and by which IRI others can name it.
struct Place: Hashable, Sendable {
    var uid: String?
    var path: String
}
