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
        let list = WeightedList(accept)
        let weights = OutputFormat.allCases.map { ($0, Self.weight(of: $0.mediaType, in: list)) }
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
    private static func weight(of type: String, in accept: WeightedList) -> Int {
        let major = type.prefix { $0 != "/" }
        return accept.weight(of: type) ?? accept.weight(of: "\(major)/*") ?? accept.weight(of: "*/*") ?? 0
    }
}
