internal import Consent
internal import DataPlane
internal import Model

/// Lists of owner links as providers send them.
enum LinkList {
    /// An array of `{"owner_key","owner","from"?,"to"?}`.
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
            let from = try members.time("from")
            let to = try members.time("to")
            try members.finish()
            claims.append(
                Exchange.LinkClaim(ownerKey: key, owner: owner, period: DataSpan(from: from, to: to)))
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
            let times = try zip(columns, cells).dropFirst(2).map { column, cell throws(ClientFault) in
                try instant(cell, column, line: index + 2)
            }
            return Exchange.LinkClaim(
                ownerKey: cells[0], owner: Owner(cells[1]),
                period: times.isEmpty ? nil : DataSpan(from: times[0], to: times[1]))
        }
    }

    private static let time = "a time as RFC 3339 writes it, such as 2026-11-22T00:00:00Z, or a day"

    private static func instant(_ cell: String, _ column: String, line: Int) throws(ClientFault) -> Instant? {
        guard !cell.isEmpty else { return nil }
        guard let instant = Instant(cell) else {
            throw ClientFault(
                .badInput, "wrong_value", "line \(line) has a time that is none",
                field: "[\(line - 2)].\(column)", found: cell, expected: "\(time), or nothing")
        }
        return instant
    }
}
