internal import DataPlane
internal import Model

extension OutputFormat {
    /// Chooses by the `Accept` header (RFC 9110 section 12.5.1): what it weighs highest, CSV where both weigh
    /// the same or there is none.
    init(accept: String?) throws(ClientFault) {
        guard let accept else {
            self = .csv
            return
        }
        let weights = OutputFormat.allCases.map { ($0, Self.weight(of: $0.mediaType, in: accept)) }
        guard
            let best = weights.filter({ $0.1 > 0 }).max(by: {
                $0.1 < $1.1 || ($0.1 == $1.1 && $0.0 == .ndjson)
            })
        else {
            throw ClientFault(
                .notAcceptable, "not_acceptable", "no accepted type is one that data come in",
                field: "accept",
                found: accept, expected: OutputFormat.allCases.map(\.mediaType).joined(separator: " or "))
        }
        self = best.0
    }

    var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }

    var contentType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8; header=present"
        case .ndjson: "application/x-ndjson"
        }
    }

    /// The weight in thousandths of the most specific range that covers `type`; 0 if none does.
    private static func weight(of type: String, in accept: String) -> Int {
        let major = type.prefix { $0 != "/" }
        var best = (rank: -1, weight: 0)
        for range in accept.lowercased().split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first else { continue }
            let rank = name == type ? 2 : name == "\(major)/*" ? 1 : name == "*/*" ? 0 : -1
            guard rank > best.rank else { continue }
            best = (rank, parts.first { $0.hasPrefix("q=") }.map { thousandths($0.dropFirst(2)) } ?? 1000)
        }
        return best.weight
    }

    /// A qvalue (RFC 9110 section 12.4.2): 0 or 1 with at most three decimals; 0 for anything else.
    private static func thousandths(_ text: Substring) -> Int {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard let whole = parts.first, whole == "0" || whole == "1", parts.count <= 2 else { return 0 }
        let decimals = parts.count == 2 ? parts[1] : ""
        guard decimals.utf8.count <= 3, decimals.utf8.allSatisfy({ (48...57).contains($0) }) else { return 0 }
        let fraction = Int(decimals + String(repeating: "0", count: 3 - decimals.utf8.count)) ?? 0
        return min(1000, (whole == "1" ? 1000 : 0) + fraction)
    }
}
