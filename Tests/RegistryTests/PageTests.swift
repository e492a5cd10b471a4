import Model
import Testing

@testable import Registry

@Suite("Pages and cursors") struct PageTests {
    let story: Story
    init() throws { story = try Story() }

    /// Follows `next` to the end.
    private func walk<Item: Sendable>(_ page: (String?) throws -> Page<Item>) throws -> [[Item]] {
        var pages: [[Item]] = []
        var cursor: String?
        repeat {
            let next = try page(cursor)
            pages.append(next.items)
            cursor = next.next
        } while cursor != nil && pages.count < 100
        return pages
    }

    @Test("Pages of every size hold every organisation once, in order", arguments: [1, 2, 3, 6, 7, 1000])
    func organisations(limit: Int) throws {
        try story.registry.write(at: noon) { registry in
            for name in ["b", "0", "a-z", "a0"] {
                try registry.insert(Organisation(id: slug(name), name: name, roles: []))
            }
        }
        let pages = try walk { cursor in
            try story.registry.read { try $0.organisations(after: cursor, limit: limit) }
        }
        #expect(pages.flatMap { $0.map(\.id.text) } == ["0", "a-z", "a0", "airport", "authority", "b"])
        #expect(pages.dropLast().allSatisfy { $0.count == limit })
        #expect(pages.last?.isEmpty == false)
    }

    @Test("What is added behind the cursor is on the next page") func growing() throws {
        let first = try story.registry.read { try $0.organisations(limit: 1) }
        #expect(first.items.map(\.id.text) == ["airport"])
        try story.registry.write(at: noon) { registry in
            try registry.insert(Organisation(id: slug("aa"), name: "before", roles: []))
            try registry.insert(Organisation(id: slug("arm"), name: "behind", roles: []))
        }
        let second = try story.registry.read { try $0.organisations(after: first.next, limit: 9) }
        #expect(second.items.map(\.id.text) == ["arm", "authority"])
        #expect(second.next == nil)
    }

    @Test("Datasets, requests, agreements and grants page alike") func otherLists() throws {
        try story.registry.write(at: noon) { registry in
            try registry.insert(story.flightsDataset("weather"))
            try registry.insert(story.flightsDataset("airlines"))
        }
        let agreements = try (1...3).map { try story.addAgreement($0) }
        try story.registry.write(at: noon) { registry in
            for (number, agreement) in agreements.enumerated() {
                var grant = story.grant(50 - number, of: person(1))
                grant.agreement = agreement
                try registry.insert(grant)
            }
        }
        let (airport, authority) = (Party.provider(story.airport), Party.consumer(story.authority))
        try story.registry.read { reader in
            let datasets = try walk { try reader.datasets(after: $0, limit: 2) }
            #expect(datasets.map { $0.map(\.id.text) } == [["airlines", "flights"], ["weather"]])
            for party in [airport, authority] {
                let requests = try walk { try reader.requests(of: party, after: $0, limit: 3) }
                #expect(requests.map(\.count) == [3, 1])
                #expect(requests[0].map(\.id) == [1, 1001, 1002].map(identifier))
                let pages = try walk { try reader.agreements(of: party, after: $0, limit: 2) }
                #expect(pages.flatMap { $0.map(\.id) } == [story.agreement] + agreements)
            }
            #expect(try reader.requests(of: .consumer(story.airport), limit: 9).items.isEmpty)
            #expect(try reader.requests(of: .provider(story.authority), limit: 9).items.isEmpty)
            #expect(try reader.agreements(of: .consumer(story.airport), limit: 9).items.isEmpty)
            #expect(try reader.agreements(of: .provider(story.authority), limit: 9).items.isEmpty)
            let grants = try walk { try reader.grants(ofOwner: person(1), after: $0, limit: 1) }
            #expect(grants.flatMap { $0.map(\.id) } == [48, 49, 50].map(identifier))
        }
    }

    @Test(
        "A cursor that this list did not give is refused",
        arguments: [
            "", "x", "!!!", "organisations:airport", Base64.encodeURL("organisations:".utf8),
            Base64.encodeURL("organisations:NOT A SLUG".utf8), Base64.encodeURL("datasets:flights".utf8),
            Base64.encodeURL("organisations".utf8), Base64.encodeURL([0xFF, 0xFE]),
            Base64.encodeURL("organisations:air\0port".utf8),
            Base64.encode("organisations:airport".utf8) + "=",
        ])
    func badCursor(cursor: String) throws {
        let fault = #expect(throws: ClientFault.self) {
            try story.registry.read { try $0.organisations(after: cursor, limit: 10) }
        }
        #expect(fault?.code == "bad_cursor")
        #expect(fault?.field == "cursor")
        #expect(fault?.kind == .badInput)
    }

    @Test("The cursor of one list opens no other") func foreignCursor() throws {
        _ = try story.addAgreement(1)
        try story.registry.read { reader in
            let requests = try reader.requests(of: .provider(story.airport), limit: 1)
            #expect(requests.next != nil)
            let fault = ClientFault(.badInput, "bad_cursor", "", field: "cursor")
            for party in [Party.consumer(story.authority), .provider(story.airport)] {
                #expect(throws: fault) { try reader.agreements(of: party, after: requests.next, limit: 1) }
            }
            #expect(throws: fault) { try reader.datasets(after: requests.next, limit: 1) }
            #expect(throws: fault) { try reader.grants(ofOwner: person(1), after: requests.next, limit: 1) }
            #expect(throws: fault) {
                try reader.requests(of: .consumer(story.authority), after: requests.next, limit: 1)
            }
        }
    }

    @Test("A limit is 1 to 1000", arguments: [Int.min, -1, 0, 1001, Int.max]) func badLimit(limit: Int) throws
    {
        #expect(throws: ClientFault(.badInput, "bad_limit", "", field: "limit")) {
            try story.registry.read { try $0.organisations(limit: limit) }
        }
    }
}
