import Foundation
import Model
import Policies
import Testing

@testable import PolicyEngine

/// What `docs/policy-language.md` shows is what the engine understands.
@Suite("The page on the policy language")
struct LanguagePageTests {
    let page: String
    let tree: PurposeTree

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        page = try String(contentsOf: root.appending(path: "docs/policy-language.md"), encoding: .utf8)
        tree = try PurposeTree(JSON.parse(ShippedPolicies.purposes))
    }

    private var examples: [JSON] {
        get throws {
            try page.components(separatedBy: "```json\n").dropFirst().map { part in
                try JSON.parse(part.components(separatedBy: "```")[0])
            }
        }
    }

    private static let context: JSON = [
        "http://www.w3.org/ns/odrl.jsonld",
        [
            "sluis": "https://w3id.org/sluis/odrl#", "dpv": "https://w3id.org/dpv#",
            "axis": "http://w3id.org/odrl/spatial-axis#",
        ],
    ]

    @Test func `every constraint that it shows is understood, and no operator is left out`() throws {
        let constraints = try examples.filter { $0.array != nil }.flatMap { $0.array ?? [] }
        #expect(constraints.count > 20)
        for constraint in constraints {
            let set = try PolicySet(
                [
                    "@context": Self.context, "@type": "Set", "uid": "urn:x:p",
                    "permission": [["action": "use", "constraint": constraint]],
                ], purposes: tree)
            #expect(set.problems.isEmpty, "\(constraint.canonicalText): \(set.problems)")
        }
        let shown = constraints.map(\.canonicalText).joined()
        for comparison in Operator.allCases { #expect(shown.contains("\"\(comparison)\""), "\(comparison)") }
        for operation in LogicalConstraint.Operation.allCases {
            #expect(shown.contains("\"\(operation.rawValue)\":"), "\(operation)")
        }
    }

    @Test func `every policy that it shows passes its check without a word`() throws {
        let policies = try examples.filter { $0["@context"] != nil }
        #expect(policies.count == 3)
        for policy in policies {
            let check = PolicyCheck(Array(policy.canonicalText.utf8), purposes: tree)
            #expect(check.problems.isEmpty, "\(check.problems)")
        }
    }

    @Test func `every operand that anybody can state is on it`() {
        let facts: Set<KnownOperand> = [
            .liveGrant, .attestedLink, .provisionNamed, .closedFields, .validUntil, .offeredOnBasis,
            .agreedByProvider, .agreedBySecondPerson, .ownersTold, .tellingForbidden, .objection,
        ]
        let table = page.components(separatedBy: "| Left operand | Kind |")[1]
            .components(separatedBy: "### An example of each")[0]
        for operand in KnownOperand.allCases where !facts.contains(operand) {
            let isThere =
                table.contains(operand.rawValue)
                || ["Width", "Height", "Depth", "X", "Y", "Z", "Latitude", "Longitude", "Altitude"]
                    .contains { operand.rawValue.hasSuffix($0) && table.contains("`\($0)`") }
            #expect(isThere, "\(operand.rawValue)")
        }
    }
}
