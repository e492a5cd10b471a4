import Testing

@testable import Model

@Suite("A grant or an agreement is live until its end, and not at it")
struct GrantTests {
    let id = GrantID(at: Instant(milliseconds: 1), random: (1, 1))
    let agreement = AgreementID(at: Instant(milliseconds: 1), random: (2, 2))
    let end = Instant(milliseconds: 1_000_000)

    private func grant(_ state: Grant.State, until end: Instant?) throws -> Grant {
        let owner = try #require(Owner("stad-gent"))
        return Grant(
            id: id, agreement: agreement, owner: owner, state: state, fields: ["speed"], validUntil: end,
            changedAt: Instant(milliseconds: 0))
    }

    @Test("Only a given grant is live", arguments: Grant.State.allCases)
    func states(state: Grant.State) throws {
        #expect(try grant(state, until: nil).isLive(at: end) == (state == .given))
        #expect(try grant(state, until: end).isLive(at: Instant(milliseconds: 0)) == (state == .given))
    }

    @Test("The last millisecond before the end is live; the end is not")
    func border() throws {
        let given = try grant(.given, until: end)
        #expect(given.isLive(at: Instant(milliseconds: end.milliseconds - 1)))
        #expect(!given.isLive(at: end))
        #expect(!given.isLive(at: Instant(milliseconds: .max)))
    }

    @Test("An agreement ends at the same kind of border, and one without an end runs")
    func agreements() throws {
        let (provider, consumer) = (try #require(Slug("airport")), try #require(Slug("authority")))
        var made = Agreement(
            id: agreement, request: RequestID(at: end, random: (3, 3)), dataset: provider, provider: provider,
            consumer: consumer, purpose: Purpose("https://w3id.org/dpv#ServiceProvision"),
            legalBasis: .consent,
            fields: ["speed"], validUntil: end, policy: [:], jws: "", madeAt: Instant(milliseconds: 0))
        #expect(made.isLive(at: Instant(milliseconds: end.milliseconds - 1)))
        #expect(!made.isLive(at: end))
        made.validUntil = nil
        #expect(made.isLive(at: Instant(milliseconds: .max)))
    }

    @Test("The words that stand in records and in the API are those of the standards")
    func words() {
        #expect(
            Grant.State.allCases.map(\.rawValue) == [
                "Requested", "Given", "Refused", "Withdrawn", "Revoked", "Expired",
            ])
        #expect(LegalBasis(rawValue: "legal-obligation") == .legalObligation)
        #expect(LegalBasis.allCases.allSatisfy { $0.rawValue == $0.rawValue.lowercased() })
    }
}
