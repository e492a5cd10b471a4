import AllocationCounter
import Model
import Policies
import PolicyEngine

/// Decisions, filters and compilation, as `make bench NAME=policy` runs them.
@main
struct Benchmark {
    static func main() throws {
        let tree = try PurposeTree(JSON.parse(ShippedPolicies.purposes))
        // `PolicyBenchmark compile` runs that part alone, for profilers.
        if CommandLine.arguments.dropFirst().first == "compile" { return try Compilation.run(tree) }
        let program = try World.program(tree)
        for (name, count) in [("1k", 1_000), ("100k", 100_000), ("1m", 1_000_000)] {
            let world = try World(owners: count)
            report("decide_\(name)_ns", world.decisions(program), "ns")
            if count == 100_000 { report("decide_text_100k_ns", world.textDecisions(program), "ns") }
            print("figure decide_\(name)_allocations \(world.allocations(program)) of \(world.asked.count)")
            if count == 1_000_000 {
                report("filter_1m_ms", world.building(program), "ms")
                report("withdraw_filter_ns", world.withdrawing(program), "ns")
                report("filter_row_ns", world.applying(program), "ns")
            }
        }
        try Compilation.run(tree)
    }
}

/// One agreement with the live grants of many owners.
struct World {
    let owners: [OwnerKey]
    let grants: GrantIndex
    /// The owners asked about, in random order, one in ten of whom grants nothing.
    let asked: [OwnerKey]

    static let fields = ["flight", "dep_delay", "tailnum", "origin"]
    static let mask = FieldMask([0, 1])
    static let now = Int64(1_795_348_800_000)
    static let questions = 1 << 20

    init(owners count: Int) throws {
        var random = SplitMix(state: 7)
        let owners = (0..<count).map { _ in OwnerKey(high: random.next(), low: random.next()) }
        var grants = GrantIndex(capacity: count, seed: random.next())
        for (number, owner) in owners.enumerated() where number % 10 != 0 {
            try grants.set(.init(fields: FieldMask([0, 1, number % 4])), of: owner)
        }
        asked = (0..<Self.questions).map { _ in owners[Int(random.next() % UInt64(count))] }
        self.owners = owners
        self.grants = grants
    }

    static func program(_ tree: PurposeTree) throws -> DecisionProgram {
        let (dataset, airport, authority) = ("urn:x:flights", "urn:x:airport", "urn:x:authority")
        let library = try PolicyLibrary(
            purposes: ShippedPolicies.purposes, guardrails: ShippedPolicies.guardrails,
            byAgreement: ShippedPolicies.byAgreement)
        let offer = try OfferCheck.admit(
            library.byAgreement.offer(uid: "urn:x:offer", target: dataset, assigner: airport),
            target: dataset, assigner: airport, purposes: tree)
        let request = PolicyRequest(
            assignee: authority, target: dataset, purpose: Purpose("https://w3id.org/dpv#PublicBenefit"),
            legalBasis: .consent, fields: fields)
        let agreement = try AgreementPolicy.make(
            uid: "urn:x:agreement", offer: offer, request: request,
            validUntil: Instant(milliseconds: now + 86_400_000), retention: "P90D")
        let layers =
            try library.guardrails
            + [.offer(offer), .agreement(CompiledPolicy(agreement, purposes: tree))]
        guard
            let program = DecisionProgram.compile(
                request, under: layers, fields: fields, owner: { _ in nil })
        else { fatalError("the layers of the hub compile") }
        return program
    }

    /// A decision about one owner's rows: the policies' part and the owner's grant.
    func decisions(_ program: DecisionProgram) -> Stopwatch.Figure {
        var permits = 0
        let figure = Stopwatch.nanoseconds(steps: asked.count) {
            for owner in asked
            where program.decide(Self.mask, of: owner, at: Self.now, grants) == .permit { permits &+= 1 }
        }
        precondition(permits > 0)
        return figure
    }

    /// How many blocks of memory as many decisions take from the heap. That the counter counts is shown
    /// first.
    func allocations(_ program: DecisionProgram) -> Int {
        allocation_counter_start()
        let block = [UInt8](repeating: 1, count: asked.count)
        precondition(allocation_counter_stop() > 0 && block.count == asked.count)
        var permits = 0
        allocation_counter_start()
        for owner in asked
        where program.decide(Self.mask, of: owner, at: Self.now, grants) == .permit { permits &+= 1 }
        let count = allocation_counter_stop()
        precondition(permits > 0)
        return count
    }

    /// The same, the owner given as the text of a UUID, as rivals get him.
    func textDecisions(_ program: DecisionProgram) -> Stopwatch.Figure {
        let texts = asked.prefix(100_000).map { Array(UUIDText.write($0).utf8) }
        var permits = 0
        let figure = Stopwatch.nanoseconds(steps: texts.count) {
            for text in texts {
                guard let owner = UUIDText.read(text) else { continue }
                permits &+=
                    program.decide(Self.mask, of: owner, at: Self.now, grants) == .permit ? 1 : 0
            }
        }
        precondition(permits > 0)
        return figure
    }

    func building(_ program: DecisionProgram) -> Stopwatch.Figure {
        var permitted = 0
        let figure = Stopwatch.nanoseconds(runs: 5, steps: 1) {
            permitted =
                program.filter(
                    Self.mask, owners: owners, at: Instant(milliseconds: Self.now), grants
                ).permitted
        }
        precondition(permitted > 0)
        return figure.scaled(1e-6)
    }

    /// A grant and its bit are taken away.
    func withdrawing(_ program: DecisionProgram) -> Stopwatch.Figure {
        let bitmap = program.filter(
            Self.mask, owners: owners, at: Instant(milliseconds: Self.now), grants)
        var random = SplitMix(state: 9)
        let order = (0..<100_000).map { _ in Int(random.next() % UInt64(owners.count)) }
        var (changed, index) = (bitmap, grants)
        return Stopwatch.nanoseconds(runs: 5, steps: order.count) {
            for number in order {
                changed[number] = false
                index.remove(owners[number])
            }
        }
    }

    /// Asking the bitmap for each row of a stream, the owners of rows in random order.
    func applying(_ program: DecisionProgram) -> Stopwatch.Figure {
        let bitmap = program.filter(
            Self.mask, owners: owners, at: Instant(milliseconds: Self.now), grants)
        var random = SplitMix(state: 11)
        let rows = (0..<4_000_000).map { _ in Int32(random.next() % UInt64(owners.count)) }
        var flowing = 0
        let figure = Stopwatch.nanoseconds(steps: rows.count) {
            for owner in rows where bitmap[Int(owner)] { flowing &+= 1 }
        }
        precondition(flowing > 0)
        return figure
    }
}

/// Reading and compiling large policies, and refusing hostile ones.
enum Compilation {
    static func run(_ tree: PurposeTree) throws {
        let bytes = Array(policy(rules: 10_000).canonicalText.utf8)
        let parsed = try JSON.parse(bytes)
        _ = try CompiledPolicy(parsed, purposes: tree)
        let compile = Stopwatch.nanoseconds(runs: 5, steps: 1) {
            _ = try? CompiledPolicy(parsed, purposes: tree)
        }
        report("compile_10k_rules_ms", compile.scaled(1e-6), "ms")
        let whole = Stopwatch.nanoseconds(runs: 5, steps: 1) {
            _ = try? JSON.parse(bytes).map { try CompiledPolicy($0, purposes: tree) }
        }
        report("parse_and_compile_10k_rules_ms", whole.scaled(1e-6), "ms")
        for (name, hostile) in hostiles() {
            var isRefused = false
            let figure = Stopwatch.nanoseconds(runs: 5, steps: 1) {
                do {
                    _ = try CompiledPolicy(JSON.parse(hostile), purposes: tree)
                    isRefused = false
                } catch {
                    isRefused = true
                }
            }
            precondition(isRefused, "\(name) is refused")
            report("refuse_1mb_\(name)_ms", figure.scaled(1e-6), "ms")
        }
    }

    private static func policy(rules: Int) -> JSON {
        let purposes = ["PublicBenefit", "Marketing", "ResearchAndDevelopment", "ServiceProvision"]
        let permissions = (0..<rules).map { number -> JSON in
            [
                "uid": .string("urn:x:rule:\(number)"), "action": "read",
                "assignee": .string("urn:x:org:\(number)"),
                "constraint": [
                    [
                        "leftOperand": "purpose", "operator": "isA",
                        "rightOperand": ["@id": .string("dpv:\(purposes[number % 4])")],
                    ],
                    [
                        "leftOperand": "dateTime", "operator": "lt",
                        "rightOperand": ["@value": "2030-01-01", "@type": "xsd:date"],
                    ],
                ],
            ]
        }
        return [
            "@context": ["http://www.w3.org/ns/odrl.jsonld", ["dpv": "https://w3id.org/dpv#"]],
            "@type": "Set", "uid": "urn:x:large", "target": "urn:x:flights",
            "permission": .array(permissions),
        ]
    }

    /// A megabyte each: nesting without end, a document whose references mean a vastly larger policy, and
    /// texts in place of rules.
    private static func hostiles() -> [(String, [UInt8])] {
        let deep = Array(String(repeating: "[", count: 1 << 20).utf8)
        var nodes: [JSON] = (0..<2_000).map { number in
            let next = ["@id": JSON.string("urn:x:c:\(number + 1)")] as [String: JSON]
            return [
                "@id": .string("urn:x:c:\(number)"),
                "or": [.object(next), ["@id": .string("urn:x:c:\(number + 2)")]],
                "dct:description": .string(String(repeating: "x", count: 400)),
            ]
        }
        nodes.append([
            "@type": "Set", "uid": "urn:x:bomb",
            "permission": ["action": "read", "constraint": ["@id": "urn:x:c:0"]],
        ])
        let bomb: JSON = ["@context": "http://www.w3.org/ns/odrl.jsonld", "@graph": .array(nodes)]
        let texts: JSON = [
            "@context": "http://www.w3.org/ns/odrl.jsonld", "@type": "Set", "uid": "urn:x:texts",
            "permission": .array(Array(repeating: .integer(7), count: 500_000)),
        ]
        return [
            ("nesting", deep), ("references", bomb.canonical), ("numbers", texts.canonical),
        ]
    }
}

extension JSON {
    fileprivate func map<Result>(_ body: (JSON) throws -> Result) rethrows -> Result { try body(self) }
}

/// Random numbers that are the same at every run.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The text of a UUID and back.
enum UUIDText {
    private static let digits = Array("0123456789abcdef".utf8)

    static func write(_ key: OwnerKey) -> String {
        var text: [UInt8] = []
        for (index, part) in [key.high, key.low].enumerated() {
            for place in 0..<16 {
                let position = index * 16 + place
                if [8, 12, 16, 20].contains(position) { text.append(UInt8(ascii: "-")) }
                text.append(digits[Int(part >> UInt64(60 - place * 4) & 15)])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func read(_ text: [UInt8]) -> OwnerKey? {
        guard text.count == 36 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for byte in text where byte != UInt8(ascii: "-") {
            let digit: UInt64
            switch byte {
            case 48...57: digit = UInt64(byte - 48)
            case 97...102: digit = UInt64(byte - 87)
            default: return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | digit
        }
        return OwnerKey(high: high, low: low)
    }
}
