import Model
import Testing

@testable import Registry

@Suite("Idempotency keys") struct IdempotencyTests {
    let story: Story
    let airport: Principal
    let answer = IdempotentAnswer(
        requestDigest: [UInt8](repeating: 7, count: 32), status: 201,
        headers: ["Location": "/api/v1/requests/1", "Sluis-Entry": "17"], body: #"{"request":"é"}"#)

    init() throws {
        story = try Story()
        airport = .organisation(story.airport)
    }

    private func find(_ principal: Principal, _ key: String, at now: Instant = noon) throws
        -> IdempotentAnswer?
    {
        try story.registry.read { try $0.idempotentAnswer(to: principal, key: key, at: now) }
    }

    @Test("An answer is found again by whom it was given to, under its key") func roundTrip() throws {
        let bare = IdempotentAnswer(requestDigest: [], status: 204, headers: [:], body: "")
        try story.registry.write(at: noon) { registry in
            try registry.remember(answer, to: airport, key: "k1")
            try registry.remember(bare, to: .person(identifier(1)), key: "k1")
        }
        #expect(try find(airport, "k1") == answer)
        #expect(try find(.person(identifier(1)), "k1") == bare)
        #expect(try find(airport, "k2") == nil)
        #expect(try find(.organisation(story.authority), "k1") == nil)
    }

    @Test("A key is used once a day") func twice() throws {
        try story.registry.write(at: noon) { try $0.remember(answer, to: airport, key: "k1") }
        var other = answer
        other.status = 500
        let lastMoment = Instant(milliseconds: noon.milliseconds + 86_400_000 - 1)
        #expect(throws: ClientFault(.conflict, "idempotency_key_used", "", field: "Idempotency-Key")) {
            try story.registry.write(at: lastMoment) { try $0.remember(other, to: airport, key: "k1") }
        }
        #expect(try find(airport, "k1", at: lastMoment) == answer)
        let nextDay = noon.adding(seconds: 86_400)
        #expect(try find(airport, "k1", at: nextDay) == nil)
        try story.registry.write(at: nextDay) { try $0.remember(other, to: airport, key: "k1") }
        #expect(try find(airport, "k1", at: nextDay) == other)
    }

    @Test("What is older than a day is forgotten, by itself and on demand") func purge() throws {
        let dayAgo = noon.adding(seconds: -86_400)
        try story.registry.write(at: dayAgo) { registry in
            for key in ["a", "b"] { try registry.remember(answer, to: airport, key: key) }
        }
        try story.registry.write(at: dayAgo.adding(seconds: 1)) { registry in
            try registry.remember(answer, to: airport, key: "c")
        }
        #expect(try story.registry.write(at: noon) { try $0.purgeIdempotentAnswers() } == 2)
        #expect(try story.registry.write(at: noon) { try $0.purgeIdempotentAnswers() } == 0)
        try story.registry.write(at: noon.adding(seconds: 1)) { registry in
            try registry.remember(answer, to: airport, key: "d")
        }
        let keys = try story.registry.read {
            try $0.all("SELECT key FROM idempotency_keys") { try $0.text(0) }
        }
        #expect(keys == ["d"])
    }

    @Test("The answer and what it answers are one transaction") func together() throws {
        #expect(throws: Mishap()) {
            try story.registry.write(at: noon) { registry in
                try registry.remember(answer, to: airport, key: "k1")
                throw Mishap()
            }
        }
        #expect(try find(airport, "k1") == nil)
    }
}
