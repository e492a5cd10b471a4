public import Model

/// The purposes that the hub knows, each with its broader ones (W3C DPV: a purpose may have several).
public struct PurposeTree: Sendable {
    let numbers: [String: Int]
    private let labels: [String]
    /// Per purpose, itself and everything broader.
    private let broader: [Set<Int>]

    static let maximumCount = 4096

    /// Reads `{"purposes":[{"iri","label","broader":[IRI,...]},...]}`; other members are for people.
    ///
    /// A broader IRI that is no purpose of the file is kept out of the tree.
    /// - Throws: `ClientFault` `purposes_malformed` for another shape, a purpose listed twice, or a ring.
    public init(_ json: JSON) throws(ClientFault) {
        guard let items = json["purposes"]?.array, items.count <= Self.maximumCount else {
            throw Self.fault("$.purposes", expected: "a list of at most \(Self.maximumCount) purposes")
        }
        var numbers: [String: Int] = [:]
        var labels: [String] = []
        var parents: [[String]] = []
        for (index, item) in items.enumerated() {
            let path = "$.purposes[\(index)]"
            guard let iri = item["iri"]?.string, IRI.isAbsolute(iri), let label = item["label"]?.string,
                let broader = item["broader"]?.array?.map(\.string), broader.allSatisfy({ $0 != nil })
            else { throw Self.fault(path, expected: "`iri`, `label` and a list `broader`") }
            guard numbers.updateValue(index, forKey: iri) == nil else {
                throw Self.fault(path, expected: "each purpose once", found: iri)
            }
            labels.append(label)
            parents.append(broader.compactMap { $0 })
        }
        self.numbers = numbers
        self.labels = labels
        broader = try Self.closure(parents.map { $0.compactMap { numbers[$0] } })
    }

    /// A tree without purposes.
    static let empty = PurposeTree(numbers: [:], labels: [], broader: [])

    private init(numbers: [String: Int], labels: [String], broader: [Set<Int>]) {
        (self.numbers, self.labels, self.broader) = (numbers, labels, broader)
    }

    public var count: Int { labels.count }

    /// All purposes, in no order.
    var iris: [String] { numbers.keys.sorted() }

    public func isKnown(_ purpose: Purpose) -> Bool { numbers[purpose.iri] != nil }

    /// The English label, such as `Provide Official Statistics`.
    public func label(of purpose: Purpose) -> String? { numbers[purpose.iri].map { labels[$0] } }

    /// Whether `narrow` is `broad` or one of the purposes below it; false if either is not known.
    public func isA(_ narrow: Purpose, _ broad: Purpose) -> Bool {
        guard let narrow = numbers[narrow.iri], let broad = numbers[broad.iri] else { return false }
        return isA(narrow, broad)
    }

    func number(of purpose: Purpose) -> Int? { numbers[purpose.iri] }

    func isA(_ narrow: Int, _ broad: Int) -> Bool { broader[narrow].contains(broad) }

    /// Each purpose with everything above it.
    private static func closure(_ parents: [[Int]]) throws(ClientFault) -> [Set<Int>] {
        var result: [Set<Int>] = []
        for purpose in parents.indices {
            var above: Set<Int> = []
            var waiting = parents[purpose]
            while let next = waiting.popLast() {
                if above.insert(next).inserted { waiting += parents[next] }
            }
            guard !above.contains(purpose) else {
                throw fault("$.purposes[\(purpose)]", expected: "a purpose that is not broader than itself")
            }
            result.append(above.union([purpose]))
        }
        return result
    }

    private static func fault(_ path: String, expected: String, found: String? = nil) -> ClientFault {
        ClientFault(
            .badInput, "purposes_malformed", "the purposes are malformed at `\(path)`", field: path,
            found: found, expected: expected)
    }
}
