internal import Consent
internal import DataPlane
internal import Model

/// Lists of owner links as providers send them.
enum LinkList {
    /// An array of `{"owner_key","owner","from"?,"to"?}`; `from` and `to` belong to datasets with a time
    /// column and must be null here.
    static func read(json: JSON) throws(ClientFault) -> [Exchange.LinkClaim] {
        guard let elements = json.array else {
            throw ClientFault(
                .badInput, "wrong_type", "an array was expected", found: json.kind,
                expected: "an array of links")
        }
        var claims: [Exchange.LinkClaim] = []
        for (index, element) in elements.enumerated() {
            var members = try Members(element, path: "[\(index)]")
            let key = try members.text("owner_key")
            // Null ends the link; a member that was forgotten must not.
            let owner = try members.nullable("owner", "an organisation or person, or null") {
                $0.string.flatMap { Owner($0) }
            }
            try refuseTime(try members.optional("from", "null") { $0.string }, "[\(index)].from")
            try refuseTime(try members.optional("to", "null") { $0.string }, "[\(index)].to")
            try members.finish()
            claims.append(Exchange.LinkClaim(ownerKey: key, owner: owner))
        }
        return claims
    }

    /// CSV with the columns `owner_key,owner` or `owner_key,owner,from,to`; an empty owner ends the link.
    static func read(csv: [UInt8]) throws -> [Exchange.LinkClaim] {
        let table = try CSVTable(csv)
        let columns = ["owner_key", "owner", "from", "to"]
        guard table.header == columns || table.header == Array(columns[..<2]) else {
            throw ClientFault(
                .badInput, "bad_header", "the columns are not those of links",
                found: table.header.joined(separator: ","),
                expected: "owner_key,owner or owner_key,owner,from,to")
        }
        return try table.rows.enumerated().map { index, cells throws(ClientFault) in
            guard cells[1].isEmpty || Owner(cells[1]) != nil else {
                throw ClientFault(
                    .badInput, "wrong_value", "line \(index + 2) names no possible owner",
                    field: "[\(index)].owner", found: cells[1],
                    expected: "an organisation or person, or nothing")
            }
            for (column, cell) in zip(columns, cells).dropFirst(2) {
                try refuseTime(cell.isEmpty ? nil : cell, "[\(index)].\(column)")
            }
            return Exchange.LinkClaim(ownerKey: cells[0], owner: Owner(cells[1]))
        }
    }

    private static func refuseTime(_ text: String?, _ field: String) throws(ClientFault) {
        guard let text else { return }
        throw ClientFault(
            .badInput, "link_time", "a link has times only in a dataset with a time column", field: field,
            found: text, remedy: "leave it empty")
    }
}
