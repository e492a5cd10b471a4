import Consent
import Dispatch
import Model
import Synchronization
import Testing

@Suite("Downloads that run", .timeLimit(.minutes(5))) struct StreamRaceTests {
    /// Three rows to a block.
    static let long = String(repeating: "x", count: 20_000)
    static let rows = ["m1", "m2", "m3", "m4"].flatMap { key in
        (1...6).map { [key, "\(key)-\($0)", long] }
    }

    static func story() async throws -> (World, AgreementID) {
        let world = try await World.story()
        try await world.publish(World.csv(rows))
        return (world, try await world.agreement())
    }

    private func meters(_ step: Download.Step) -> [String] {
        guard case .rows(let lines) = step else { return [] }
        return lines.map { String($0.prefix { $0 != "," }) }
    }

    @Test("A withdrawal waits for the block in hand, which is dropped; no row comes after it")
    func insideBlock() async throws {
        let (world, agreement) = try await Self.story()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        try await world.grant(agreement, by: world.cast.corp)
        let order = Mutex<[String]>([])
        let (assembled, permission) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
        let reading = Lane().run {
            let running = try world.download(agreement)
            let first = try running.step()
            let second = try running.step {
                assembled.continuation.finish()
                permission.wait()
                order.withLock { $0.append("block") }
            }
            return (first, second, try running.rest())
        }
        for await _ in assembled.stream {}
        let ending = Lane().run {
            let ended = try await world.withdraw(given, by: ann)
            order.withLock { $0.append("withdrawn") }
            return ended
        }
        #expect(await ends(ending, withinMilliseconds: 100) == false)
        permission.signal()
        let (first, second, rest) = try await reading.value
        #expect(try await ending.value.entry != nil)
        #expect(meters(first) == ["m1", "m1", "m1"])
        #expect(second == .dropped)
        #expect(rest.count == 6 && rest.allSatisfy { $0.hasPrefix("m4,") })
        #expect(order.withLock { $0 } == ["block", "withdrawn"])
    }

    @Test("Who revokes waits as well, and so does an amendment that takes back a field")
    func othersWait() async throws {
        let (world, agreement) = try await Self.story()
        let ann = world.cast.ann
        let given = try await world.grant(agreement, by: ann).value.grant.id
        for round in 0..<2 {
            let (assembled, permission) = (AsyncStream.makeStream(of: Void.self), DispatchSemaphore(value: 0))
            let reading = Lane().run {
                let running = try world.download(agreement)
                let step = try running.step {
                    assembled.continuation.finish()
                    permission.wait()
                }
                return (step, try running.rest())
            }
            for await _ in assembled.stream {}
            let changing = Lane().run {
                if round == 0 {
                    try await world.grant(agreement, fields: ["meter"], by: ann).entry
                } else {
                    try await world.exchange.end(given, by: .revoke, world.cast.grid).entry
                }
            }
            #expect(await ends(changing, withinMilliseconds: 100) == false)
            permission.signal()
            let (step, rest) = try await reading.value
            #expect(try await changing.value != nil)
            #expect(step == .dropped)
            #expect(rest.count == (round == 0 ? 12 : 0) && rest.allSatisfy { $0.hasSuffix(",,") })
        }
    }

    @Test("A download that waits for its client holds nobody up, and sends nothing more") func waiting()
        async throws
    {
        let (world, agreement) = try await Self.story()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        try await world.grant(agreement, by: world.cast.bob)
        let running = try world.download(agreement)
        #expect(try meters(running.step()) == ["m1", "m1", "m1"])
        try await world.withdraw(given, by: world.cast.ann)
        #expect(try running.rest().allSatisfy { $0.hasPrefix("m3,") })
        #expect(running.epochs.count > 1 && running.epochs == running.epochs.sorted())
    }

    @Test("A yes reaches a running download where it has not passed yet") func widened() async throws {
        let (world, agreement) = try await Self.story()
        try await world.grant(agreement, by: world.cast.ann)
        let running = try world.download(agreement)
        #expect(try meters(running.step()) == ["m1", "m1", "m1"])
        try await world.grant(agreement, by: world.cast.corp)
        let rest = try running.rest()
        #expect(rest.filter { $0.hasPrefix("m4,") }.count == 6)
        #expect(rest.count == 9 + 6)
    }

    @Test("A download runs on in its version after a new one; both end with a withdrawal")
    func acrossVersions() async throws {
        let (world, agreement) = try await Self.story()
        let given = try await world.grant(agreement, by: world.cast.ann).value.grant.id
        let (old, other) = (try world.download(agreement), try world.download(agreement))
        try await world.publish(World.csv(World.meters(version: 3)))
        #expect(try old.rest().count == 12)
        #expect(try world.rows(agreement).count == 4)
        #expect(try meters(other.step()) == ["m1", "m1", "m1"])
        try await world.withdraw(given, by: world.cast.ann)
        #expect(try other.rest() == [])
        try await world.grant(agreement, by: world.cast.ann)
        let late = try Download(other.plan, of: world.exchange)
        #expect(try late.rest() == [], "of an older version owners only disappear")
    }

    @Test("A read that was planned in a version that is gone by its first block is cut") func planned()
        async throws
    {
        let (world, agreement) = try await Self.story()
        try await world.grant(agreement, by: world.cast.ann)
        let plan = try world.plan(agreement)
        try await world.publish(World.csv(World.meters(version: 3)))
        let late = try Download(plan, of: world.exchange)
        #expect(try late.step() == .cut)
    }
}
