import Model
import Testing

@testable import Tokens

@Suite struct AccessGrantDetailsTests {
    private let full: [String: JSON] = [
        "type": "sluis_dataset", "identifier": "flights",
        "agreement": "01970000-0000-7000-8000-000000000001", "actions": ["read"],
        "purpose": "https://w3id.org/dpv#ResearchAndDevelopment", "fields": ["carrier", "dep_time"],
        "act_for": "stad-gent",
    ]

    private func read(_ changes: [String: JSON?]) throws -> AccessGrantDetails {
        var element = full
        for (name, value) in changes { element[name] = value }
        return try AccessGrantDetails(authorizationDetails: [.object(element)])
    }

    private func expectFault(
        at path: String, _ body: () throws -> AccessGrantDetails, _ comment: Comment? = nil
    ) {
        let expected = ClientFault(
            .badInput, "invalid_authorization_details", "", field: "authorization_details" + path)
        #expect(throws: expected, comment) { try body() }
    }

    @Test func anElementIsReadAndWrittenBack() throws {
        let details = try read([:])
        #expect(details.dataset.text == "flights")
        #expect(details.agreement.description == "01970000-0000-7000-8000-000000000001")
        #expect(details.purpose?.iri == "https://w3id.org/dpv#ResearchAndDevelopment")
        #expect(details.fields == ["carrier", "dep_time"])
        #expect(details.actFor?.text == "stad-gent")
        #expect(details.json == .object(full))
    }

    @Test func purposeFieldsAndConsumerMayBeLeftOut() throws {
        let details = try read(["purpose": absent, "fields": absent, "act_for": absent])
        #expect(details.purpose == nil && details.fields.isEmpty && details.actFor == nil)
        #expect(details.json.object?.count == 4)
        #expect(try AccessGrantDetails(authorizationDetails: [details.json]) == details)
    }

    @Test(arguments: ["type", "identifier", "agreement", "actions"])
    func theOtherMembersAreNeeded(name: String) {
        expectFault(at: "[0].\(name)") { try read([name: absent]) }
    }

    @Test func exactlyOneElementIsTaken() throws {
        let element = JSON.object(full)
        for value: JSON in [.null, "text", 1, element, [], [element, element]] {
            expectFault(at: "") { try AccessGrantDetails(authorizationDetails: value) }
        }
        for value: JSON in [[.null], ["sluis_dataset"], [[element]]] {
            expectFault(at: "[0]") { try AccessGrantDetails(authorizationDetails: value) }
        }
    }

    @Test func whatIsNotUnderstoodIsNotGranted() {
        for name in ["locations", "act-for", "Fields", "field", ""] {
            expectFault(at: "[0].\(name)") { try read([name: "x"]) }
        }
        for actions: JSON in [[], "read", ["write"], ["read", "read"], ["read", "write"], ["Read"], .null] {
            expectFault(at: "[0].actions") { try read(["actions": actions]) }
        }
        for type: JSON in ["", "dataset", "SLUIS_DATASET", ["sluis_dataset"], .null] {
            expectFault(at: "[0].type") { try read(["type": type]) }
        }
    }

    @Test func eachMemberHasItsShape() {
        let wrong: [(String, [JSON])] = [
            ("identifier", ["", "Flights", "a b", "../x", 1, .null, ["flights"]]),
            (
                "agreement",
                [
                    "", "flights", "01970000-0000-4000-8000-000000000001",
                    "01970000-0000-7000-8000-00000000000A", 1, .null,
                ]
            ),
            ("purpose", ["", "research", "https://a b", "urn:x\n", 1, .null, ["urn:x"]]),
            ("act_for", ["", "Stad Gent", "-a", "01970000-0000-7000-8000-000000000001", 1, .null, ["a"]]),
            ("fields", [[], "carrier", [1], ["carrier", 1], [""], ["a", "a"], .null, [["a"]], [:]]),
        ]
        for (name, values) in wrong {
            for value in values { expectFault(at: "[0].\(name)", { try read([name: value]) }, "\(value)") }
        }
    }

    @Test func theFaultQuotesWhatWasFound() {
        let fault = #expect(throws: ClientFault.self) { try read(["identifier": "My Data"]) }
        #expect(fault?.found == "My Data" && fault?.kind == .badInput)
        #expect(fault?.description.contains("authorization_details[0].identifier") == true)
    }
}
