internal import Model

/// Lists of field names as callers give them.
enum FieldNames {
    /// Refuses an empty list, a name twice, and a name that is not among `allowed`.
    ///
    /// - Parameter member: where the caller gave them.
    static func check(
        _ names: [String], within allowed: [String], of whole: String, in member: String = "fields"
    ) throws(ClientFault) {
        guard !names.isEmpty else {
            throw ClientFault(
                .badInput, "fields_missing", "no field is named", field: member, found: "[]",
                expected: "one or more of \(list(allowed))")
        }
        var seen: Set<String> = []
        for name in names {
            guard allowed.contains(name) else {
                throw ClientFault(
                    .badInput, "field_unknown", "`\(name)` is not a field of \(whole)", field: member,
                    found: name, expected: "one or more of \(list(allowed))")
            }
            guard seen.insert(name).inserted else {
                throw ClientFault(
                    .badInput, "field_twice", "`\(name)` is named twice", field: member, found: name,
                    remedy: "name each field once")
            }
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(40).joined(separator: ", ")
        return names.count > 40 ? shown + ", ..." : shown
    }
}

extension FieldNames {
    /// Refuses an empty list of owner keys and a key that is not the caller's. Keys of others are not told.
    static func checkKeys(_ keys: [String], within own: [String]) throws(ClientFault) {
        guard !keys.isEmpty else {
            throw ClientFault(
                .badInput, "owner_keys_missing", "no owner key is named", field: "owner_keys", found: "[]",
                remedy: "leave it out to cover all your keys")
        }
        let own = Set(own.map { Array($0.utf8) })
        if let foreign = keys.first(where: { !own.contains(Array($0.utf8)) }) {
            throw ClientFault(
                .forbidden, "owner_key_foreign", "`\(foreign)` is not linked to you", field: "owner_keys",
                found: foreign, expected: "keys that the provider linked to you")
        }
    }
}
