import Consent
import Model
import Registry
import Testing
import TestSupport

/// Fields are renamed, dropped, added and put in another order between grants of all kinds; what flows is
/// what a naive account of ids says.
@Suite("Random changes of fields", .timeLimit(.minutes(5))) struct FieldRandomTests {
    private static let keys = ["m1", "m2", "m3", "m4"]

    private struct Account {
        var fields: [Field]
        var version = 1
        var renamed = 0
        /// By agreement, in the order agreed.
        var agreed: [AgreementID: [String]] = [:]
        var granted: [AgreementID: [Owner: Set<String>]] = [:]

        func cells(of key: String) -> [String] {
            fields.map { $0.name == "meter" ? key : "\(key) \($0.id) \(version)" }
        }

        func names(of ids: [String]) -> [String] {
            ids.compactMap { id in fields.first { $0.id == id }?.name }
        }

        func lines(_ agreement: AgreementID, owners: [String: Owner]) -> [String] {
            let ids = (agreed[agreement] ?? []).filter { id in fields.contains { $0.id == id } }
            return keys.compactMap { key in
                guard let owner = owners[key], let granted = granted[agreement]?[owner],
                    !granted.isDisjoint(with: ids)
                else { return nil }
                let cells = cells(of: key)
                return ids.map { id in
                    guard granted.contains(id) else { return "" }
                    return fields.firstIndex { $0.id == id }.map { cells[$0] } ?? ""
                }.joined(separator: ",")
            }.sorted()
        }
    }

    @Test("Rows flow in exactly the fields whose ids are agreed and granted") func random() async throws {
        var random = SeededGenerator.announced("fields")
        for _ in 0..<4 { try await story(&random) }
    }

    private func story(_ random: inout SeededGenerator) async throws {
        var world = try await World.story()
        let owners = [
            "m1": world.cast.ann.owner, "m2": world.cast.ann.owner, "m3": world.cast.bob.owner,
            "m4": world.cast.corp.owner,
        ]
        var account = Account(fields: World.fields.map { Field(name: $0, type: .string) })
        try await publish(world, account)
        for step in 0..<40 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2: try await change(world, &account, &random)
            case 3 where account.agreed.count < 4:
                let names = account.fields.map(\.name).shuffled(using: &random)
                let asked = Array(names.prefix(Int.random(in: 1...names.count, using: &random)))
                let id = try await world.agreement(fields: asked)
                account.agreed[id] = asked.compactMap { name in
                    account.fields.first { $0.name == name }?.id
                }
            case 4 where step % 3 == 0: world = try await world.restarted()
            default: try await grant(world, &account, &random)
            }
            for agreement in account.agreed.keys {
                let expected = account.lines(agreement, owners: owners)
                let names = account.names(of: account.agreed[agreement] ?? [])
                #expect(try world.exchange.agreement(agreement)?.fields == names)
                guard !names.isEmpty else { continue }
                #expect(try world.rows(agreement) == expected, "step \(step)")
            }
        }
    }

    private func publish(_ world: World, _ account: Account) async throws {
        try await world.publish(
            World.csv(Self.keys.map(account.cells), fields: account.fields.map(\.name)))
    }

    private func change(
        _ world: World, _ account: inout Account, _ random: inout SeededGenerator
    ) async throws {
        var drafts = account.fields.map {
            Exchange.FieldDraft(id: $0.id, name: $0.name, type: .string, isRequired: false)
        }
        var names = ["a", "b", "c", "d", "e", "f"].filter { name in !drafts.contains { $0.name == name } }
        names.shuffle(using: &random)
        for index in drafts.indices.reversed() where drafts[index].name != "meter" {
            if random.chance(20) {
                drafts.remove(at: index)
            } else if random.chance(30) {
                // A name that another field has had is refused.
                account.renamed += 1
                drafts[index].name = "r\(account.renamed)"
            }
        }
        while random.chance(50), let name = names.popLast() {
            drafts.append(Exchange.FieldDraft(id: nil, name: name, type: .string, isRequired: false))
        }
        if random.chance(50) { drafts.shuffle(using: &random) }
        let plan = try world.exchange.changeFields(
            of: slug("meters"), to: drafts, breaking: Array(account.agreed.keys), by: world.cast.grid)
        guard let next = plan.next else { return }
        let lost = account.fields.map(\.id).filter { id in !next.contains { $0.id == id } }
        let expected = account.agreed.filter { !Set($0.value).isDisjoint(with: lost) }.keys
        #expect(Set(plan.breaks.map(\.agreement)) == Set(expected))
        account.fields = next
        account.version += 1
        try await publish(world, account)
    }

    private func grant(
        _ world: World, _ account: inout Account, _ random: inout SeededGenerator
    ) async throws {
        guard
            let agreement = account.agreed.keys.sorted(by: { $0.description < $1.description })
                .randomElement(using: &random)
        else { return }
        let owner = random.pick([world.cast.ann, world.cast.bob, world.cast.corp])
        let names = account.names(of: account.agreed[agreement] ?? [])
        guard !names.isEmpty else { return }
        let current = try world.registry.read { try $0.currentGrant(of: agreement, owner: owner.owner) }
        if let current, current.state == .given, random.chance(30) {
            try await world.withdraw(current.id, by: owner)
            account.granted[agreement]?[owner.owner] = nil
            return
        }
        let chosen: [String]? =
            random.chance(40)
            ? nil
            : Array(names.shuffled(using: &random).prefix(Int.random(in: 1...names.count, using: &random)))
        try await world.grant(agreement, fields: chosen, by: owner)
        let ids = (chosen ?? names).compactMap { name in account.fields.first { $0.name == name }?.id }
        account.granted[agreement, default: [:]][owner.owner] = Set(ids)
    }
}
