public import Model

/// A file of given/when/then cases for policies, as `sluis policy test` runs them.
///
/// It names what is tried, in one of three ways:
/// - `guardrails` (files), `offer` (a template) and perhaps `agreement` (terms): the hub's own layers;
/// - `policy` (a file): requests and states of the world in JSON-LD, as `sluis policy evaluate` reads them;
/// - `policy` and `entities` (files): AuthZEN requests.
///
/// `when` holds what all cases share; each case has `given`, its own `when`, and `then`.
public struct PolicyTrial: Sendable {
    /// What became of one case.
    public struct Outcome: Hashable, Sendable {
        public var given: String
        /// What was found where it was not what `then` says; nil for a case that holds.
        public var failure: String?
    }

    /// The files that the trial is about, as it names them.
    public let subjects: [String]
    private let cases: [(given: String, when: [String: JSON], then: [String: JSON])]
    private let court: any Court

    /// - Parameter read: reads a file that the trial names.
    /// - Throws: `ClientFault` `trial_malformed`, or what is wrong with a policy.
    public init(_ json: JSON, purposes: PurposeTree, read: (String) throws -> JSON) throws {
        try Self.check(
            json, "$", ["policy", "entities", "guardrails", "offer", "agreement", "when", "tests", "about"])
        guard let tests = json["tests"]?.array, !tests.isEmpty else {
            throw Self.malformed("$.tests", expected: "a list of cases, at least one")
        }
        let shared = json["when"]?.object ?? [:]
        var cases: [(given: String, when: [String: JSON], then: [String: JSON])] = []
        for (index, test) in tests.enumerated() {
            try Self.check(test, "$.tests[\(index)]", ["given", "when", "then"])
            guard let given = test["given"]?.string, let then = test["then"]?.object, !then.isEmpty else {
                throw Self.malformed("$.tests[\(index)]", expected: "`given`, `when` and `then`")
            }
            let when = shared.merging(test["when"]?.object ?? [:]) { _, own in own }
            cases.append((given, when, then))
        }
        self.cases = cases
        subjects =
            (json["guardrails"]?.array ?? []).compactMap(\.string)
            + [json["offer"]?.string, json["policy"]?.string].compactMap { $0 }
        if let file = json["policy"]?.string {
            let policies = try PolicySet(read(file), purposes: purposes)
            if let entities = json["entities"]?.string {
                let directory = try EntityDirectory(read(entities))
                court = AuthorizationCourt(
                    service: AuthorizationService(policies: policies, entities: directory))
            } else {
                court = EvaluationCourt(policies: policies)
            }
        } else {
            court = try LayerCourt(json, purposes: purposes, read: read)
        }
    }

    /// Tries every case.
    public func run() -> [Outcome] {
        cases.map { each in
            do {
                try Self.check(.object(each.when), "$.when", court.members)
                if let now = each.when["now"], now.string.flatMap({ Instant($0) }) == nil {
                    throw Self.malformed("$.when.now", expected: "a time, such as 2026-11-22T12:00:00Z")
                }
                let found = try court.decide(each.when)
                let wrong = each.then.sorted { $0.key < $1.key }.filter { found[$0.key] != $0.value }
                let message = wrong.map { name, expected in
                    let value = found[name]?.canonicalText ?? "nothing"
                    return "`\(name)` is \(value), expected \(expected.canonicalText)"
                }
                return Outcome(
                    given: each.given, failure: message.isEmpty ? nil : message.joined(separator: "; "))
            } catch {
                return Outcome(given: each.given, failure: "\(error)")
            }
        }
    }

    /// A misspelt member would test something else than is meant.
    private static func check(_ json: JSON, _ path: String, _ known: Set<String>) throws {
        for name in (json.object ?? [:]).keys.sorted() where !known.contains(name) {
            throw malformed(
                "\(path).\(name)", expected: known.sorted().map { "`\($0)`" }.joined(separator: ", "))
        }
    }

    static func malformed(_ path: String, expected: String) -> ClientFault {
        ClientFault(
            .badInput, "trial_malformed", "the test file is malformed at `\(path)`", field: path,
            expected: expected)
    }
}

/// Decides the cases of one trial. What it returns is compared with `then`, member by member.
protocol Court: Sendable {
    /// What `when` may say.
    var members: Set<String> { get }

    func decide(_ when: [String: JSON]) throws -> [String: JSON]
}
