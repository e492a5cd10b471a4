import Model

/// The members of an entry that every entry has the same rules for.
struct EntryHead: Equatable {
    var version: JSON?
    var time: JSON?
    var number: JSON?

    init() {}

    init(_ json: JSON) {
        version = json["v"]
        time = json["at"]
        number = json["seq"]
    }
}
