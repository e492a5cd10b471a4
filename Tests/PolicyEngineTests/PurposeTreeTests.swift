import Foundation
import Model
import Policies
import PolicyEngine
import Testing
import TestSupport

@Suite("The purpose tree")
struct PurposeTreeTests {
    let tree: PurposeTree
    let facts: [(iri: String, label: String, broader: [String])]

    init() throws {
        let json = try JSON.parse(ShippedPolicies.purposes)
        tree = try PurposeTree(json)
        facts = try #require(json["purposes"]?.array).map { item in
            (
                try #require(item["iri"]?.string), try #require(item["label"]?.string),
                try #require(item["broader"]?.array).compactMap(\.string)
            )
        }
    }

    private func dpv(_ name: String) -> Purpose { Purpose(PolicyWorld.dpv(name)) }

    @Test("A statistics office's purpose is a public benefit, and every purpose is itself")
    func narrower() {
        #expect(tree.isA(dpv("ProvideOfficialStatistics"), dpv("PublicBenefit")))
        #expect(tree.isA(dpv("ProvideOfficialStatistics"), dpv("Purpose")))
        #expect(!tree.isA(dpv("PublicBenefit"), dpv("ProvideOfficialStatistics")))
        #expect(!tree.isA(dpv("Marketing"), dpv("PublicBenefit")))
        for fact in facts { #expect(tree.isA(Purpose(fact.iri), Purpose(fact.iri))) }
    }

    @Test("A purpose with two broader ones is both of them and all above")
    func severalParents() {
        for broad in ["Advertising", "Marketing", "Personalisation", "Purpose"] {
            #expect(tree.isA(dpv("TargetedAdvertising"), dpv(broad)))
        }
    }

    @Test("What is not a purpose is not known, and nothing is narrower than it")
    func unknown() {
        for name in ["hasPurpose", "Sector", "LegalObligation", "marketing", "Marketing ", ""] {
            #expect(!tree.isKnown(dpv(name)))
            #expect(!tree.isA(dpv("Marketing"), dpv(name)))
            #expect(!tree.isA(dpv(name), dpv(name)))
        }
        #expect(!tree.isKnown(Purpose("Marketing")))
    }

    @Test("Every pair of purposes agrees with a walk up the list of facts")
    func allPairs() {
        let parents = Dictionary(uniqueKeysWithValues: facts.map { ($0.iri, $0.broader) })
        func walk(_ narrow: String, _ broad: String) -> Bool {
            narrow == broad || (parents[narrow] ?? []).contains { parents[$0] != nil && walk($0, broad) }
        }
        var wrong: [String] = []
        for narrow in facts.map(\.iri) {
            for broad in facts.map(\.iri)
            where tree.isA(Purpose(narrow), Purpose(broad)) != walk(narrow, broad) {
                wrong.append("\(narrow) under \(broad)")
            }
        }
        #expect(wrong.isEmpty)
        #expect(tree.count == 122)
        #expect(tree.label(of: dpv("Marketing")) == "Marketing")
    }

    /// The facts are W3C's: https://w3id.org/dpv 2.3, module purposes.
    @Test(
        "The shipped file tells what W3C publishes",
        .enabled(if: Vectors.areWanted("dpv/purposes.csv")))
    func published() throws {
        let text = try String(contentsOf: Vectors.folder.appending(path: "dpv/purposes.csv"), encoding: .utf8)
        let notPurposes: Set = ["Sector", "hasPurpose", "hasSector"].map(PolicyWorld.dpv).reduce(into: []) {
            $0.insert($1)
        }
        var count = 0
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            let parts = line.split(separator: ",", omittingEmptySubsequences: false)
            let iri = String(try #require(parts.first))
            guard !notPurposes.contains(iri) else { continue }
            let fact = try #require(facts.first { $0.iri == iri })
            #expect(fact.broader == (try #require(parts.last)).split(separator: ";").map(String.init))
            count += 1
        }
        #expect(count == facts.count)
    }

    @Test(
        "A file that is no tree is refused, naming the place",
        arguments: [
            (#"{}"#, "$.purposes"), (#"{"purposes":{}}"#, "$.purposes"),
            (#"{"purposes":[1]}"#, "$.purposes[0]"),
            (#"{"purposes":[{"iri":"x","label":"X","broader":[]}]}"#, "$.purposes[0]"),
            (#"{"purposes":[{"iri":"x:y","broader":[]}]}"#, "$.purposes[0]"),
            (#"{"purposes":[{"iri":"x:y","label":"X","broader":[1]}]}"#, "$.purposes[0]"),
            (
                #"{"purposes":[{"iri":"x:y","label":"","broader":[]},"#
                    + #"{"iri":"x:y","label":"","broader":[]}]}"#,
                "$.purposes[1]"
            ),
            (#"{"purposes":[{"iri":"x:y","label":"","broader":["x:y"]}]}"#, "$.purposes[0]"),
            (
                #"{"purposes":[{"iri":"x:a","label":"","broader":["x:b"]},"#
                    + #"{"iri":"x:b","label":"","broader":["x:a"]}]}"#,
                "$.purposes[0]"
            ),
        ])
    func malformed(_ text: String, _ path: String) throws {
        let json = try JSON.parse(text)
        #expect(throws: ClientFault(.badInput, "purposes_malformed", "", field: path)) {
            try PurposeTree(json)
        }
    }
}
