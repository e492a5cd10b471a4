/// The value of an `Accept` or `Accept-Encoding` field: names with weights (RFC 9110 section 12.4.2).
struct WeightedList: Sendable {
    /// In lower case, with the weight in thousandths; 0 for a weight that is none.
    let items: [(name: String, weight: Int)]

    init(_ text: String) {
        items = text.lowercased().split(separator: ",").compactMap { item in
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, !name.isEmpty else { return nil }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            return (name, weight.map { Self.thousandths($0.dropFirst(2)) } ?? 1000)
        }
    }

    /// The weight of the first item with one of these names; nil if there is none.
    func weight(of names: String...) -> Int? { items.first { names.contains($0.name) }?.weight }

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
