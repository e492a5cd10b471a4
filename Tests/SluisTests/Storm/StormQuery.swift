import Cryptography
import DataPlane
import Model
import NIOHTTP1
import TestSupport

@testable import sluis

/// What a reader in the storm asks for.
struct StormQuery: Sendable {
    /// The number of the agreement.
    var agreement: Int
    /// The names of the fields that are asked for, in their order.
    var fields: [String]
    var condition: StormCondition?
    var limit: Int?
    var isOriginalOrder: Bool
    var isCSV: Bool
    var coding: ContentCoding

    private let isFieldsSaid: Bool

    static func random(
        under agreement: Int, agreed: StormFields, using random: inout SeededGenerator
    ) -> StormQuery {
        let isFieldsSaid = random.chance(60)
        return StormQuery(
            agreement: agreement,
            fields: isFieldsSaid
                ? random.some(of: agreed.names).shuffled(using: &random)
                : agreed.names,
            condition: random.chance(45) ? .random(within: agreed, using: &random) : nil,
            limit: random.chance(25) ? random.pick([0, 10, 300, 3_000, 12_000]) : nil,
            isOriginalOrder: random.chance(25), isCSV: random.chance(50),
            coding: random.pick([.identity, .identity, .identity, .gzip, .zstd]), isFieldsSaid: isFieldsSaid)
    }

    var asked: StormFields { StormFields(fields) }

    var path: String {
        var pairs: [String] = []
        if isFieldsSaid { pairs.append("fields=" + fields.joined(separator: ",")) }
        if let condition { pairs.append("where=" + PercentEncoder.encode(condition.text)) }
        if let limit { pairs.append("limit=\(limit)") }
        if isOriginalOrder { pairs.append("order=original") }
        return "/data/flights" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }

    func headers(_ token: String) -> HTTPHeaders {
        var headers: HTTPHeaders = [
            "Authorization": "Bearer \(token)", "Accept": isCSV ? "text/csv" : "application/x-ndjson",
        ]
        if coding != .identity { headers.add(name: "Accept-Encoding", value: coding.rawValue) }
        return headers
    }

    /// What stands before the rows.
    var header: [UInt8] { isCSV ? Array((fields.joined(separator: ",") + "\n").utf8) : [] }

    /// `where` of its decision, under the salt of the stream.
    func conditionDigest(_ salt: [UInt8]) -> JSON {
        guard let condition else { return .null }
        return .string(Base64.encodeURL(SHA256.hash(salt + Array(condition.text.utf8))))
    }

    /// Whether a row comes if its owner granted these fields.
    func wants(row: Int, key: Int, granted: StormFields) -> Bool {
        guard !granted.isDisjoint(with: asked) else { return false }
        return condition.map { $0.holds(row: row, key: key, granted: granted) == true } ?? true
    }
}
