import Consent
import Model
import Testing
import TestSupport

/// Many owners, two agreements, every change there is, in random order: again and again the rows of both
/// agreements are held against a naive reference that knows only what was said.
@Suite("Any order of changes", .timeLimit(.minutes(10))) struct RandomTests {
    @Test("Rows, fields and epochs hold through 500 changes", arguments: 0..<3) func changes(round: Int)
        async throws
    {
        var seeds = SeededGenerator.announced("changes \(round)")
        for _ in 0..<round { _ = seeds.next() }
        var story = try await RandomStory(SeededGenerator(seed: seeds.next()))
        for step in 0..<500 {
            let change = try await story.change()
            // Not after each: what nobody has looked at yet must not matter to what comes next.
            if step % 3 != 0 { try story.check("step \(step): \(change)") }
        }
        try story.world.stop()
        let numbers = try story.world.home.entries().compactMap { $0["seq"]?.integer }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }
}

/// A hub, and what a naive bookkeeper has noted of it.
private struct RandomStory {
    struct Book {
        let id: AgreementID
        let fields: [String]
        var naive = Naive()
        var ids: [Owner: GrantID] = [:]
        var epoch: Int64 = 0
        var seen: [String] = []
    }

    static let keys = (1...8).map { "m\($0)" } + [LookAlikeKeyTests.one, LookAlikeKeyTests.two]

    let world: World
    private let owners: [Caller]
    private var random: SeededGenerator
    private var books: [Book] = []
    private var links: [Key: (owner: Owner, since: Int)] = [:]
    private var everLinked: Set<Key> = []
    private var rows: [[String]] = []
    private var version = 0
    private var running: (download: Download, book: Int, rows: [[String]], version: Int)?

    init(_ random: SeededGenerator) async throws {
        self.random = random
        world = try await World.empty()
        owners = [world.cast.ann, world.cast.bob, world.cast.corp]
        try await world.add("meters", .column("meter"))
        for fields in [World.fields, ["day", "meter"]] {
            books.append(Book(id: try await world.agreement(fields: fields), fields: fields))
        }
        try await publish()
    }

    private var now: Instant { world.home.clock.read() }

    /// - Returns: what was done.
    mutating func change() async throws -> String {
        let book = random.pick(Array(books.indices))
        let owner = random.pick(owners)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: return try await grant(book, owner)
        case 40..<52: return try await end(book, owner, by: .withdraw)
        case 52..<58: return try await end(book, owner, by: .revoke)
        case 58..<64: return try await refuse(book, owner)
        case 64..<78: return try await link()
        case 78..<88: return try await pass()
        case 88..<94: return try await publish()
        default: return try download(book)
        }
    }

    private mutating func grant(_ book: Int, _ owner: Caller) async throws -> String {
        let own = links.filter { $0.value.owner == owner.owner }.keys.sorted {
            $0.lexicographicallyPrecedes($1)
        }
        let fields = random.chance(50) ? random.some(of: books[book].fields) : nil
        let until = random.chance(40) ? now.adding(seconds: Int64.random(in: 1...20, using: &random)) : nil
        let keys = random.chance(40) && !own.isEmpty ? random.some(of: own) : nil
        do {
            let change = try await world.grant(
                books[book].id, fields: fields, until: until,
                keys: keys?.map { String(decoding: $0, as: UTF8.self) }, by: owner
            ).value
            #expect(!own.isEmpty)
            let current = books[book].naive.grants[owner.owner]
            let isLive = current.map { $0.until.map { now < $0 } ?? true } ?? false
            if isLive { #expect(change.grant.id == books[book].ids[owner.owner]) }
            books[book].ids[owner.owner] = change.grant.id
            books[book].naive.grants[owner.owner] = NaiveGrant(
                keys: keys, fields: fields ?? books[book].fields, until: until)
            #expect(change.epoch > books[book].epoch)
            return "grant"
        } catch let fault as ClientFault {
            #expect(own.isEmpty && fault.code == "agreement_unknown")
            return "grant by nobody"
        }
    }

    private mutating func end(_ book: Int, _ owner: Caller, by ending: Exchange.Ending) async throws -> String
    {
        guard let id = books[book].ids[owner.owner] else { return "nothing to end" }
        let isGiven = try world.stored(id)?.state == .given
        do {
            _ = try await world.exchange.end(id, by: ending, ending == .revoke ? world.cast.grid : owner)
            #expect(isGiven)
            books[book].naive.grants[owner.owner] = nil
        } catch let fault as ClientFault {
            #expect(!isGiven && fault.kind == .conflict)
        }
        return ending.rawValue
    }

    private func refuse(_ book: Int, _ owner: Caller) async throws -> String {
        guard let listed = try await world.listed(books[book].id, for: owner) else { return "not asked" }
        do {
            _ = try await world.exchange.end(listed.grant.id, by: .refuse, owner)
            #expect(listed.grant.state == .requested)
        } catch let fault as ClientFault {
            #expect(listed.grant.state != .requested && fault.kind == .conflict)
        }
        return "refuse"
    }

    private mutating func link() async throws -> String {
        let keys = random.some(of: Self.keys.filter { _ in random.chance(30) } + [random.pick(Self.keys)])
        var claims: [(key: String, owner: Caller?)] = []
        for key in keys where !claims.contains(where: { Key($0.key.utf8) == Key(key.utf8) }) {
            claims.append((key, random.chance(80) ? random.pick(owners) : nil))
        }
        try await world.link(claims)
        for (text, owner) in claims {
            let key = Key(text.utf8)
            if links[key]?.owner == owner?.owner { continue }
            links[key] = nil
            guard let owner else { continue }
            links[key] = (owner.owner, everLinked.contains(key) ? version + 1 : 1)
            everLinked.insert(key)
        }
        return "link"
    }

    private mutating func pass() async throws -> String {
        world.home.clock.advance(milliseconds: Int64.random(in: 1...8000, using: &random))
        guard random.chance(50) else { return "time passes" }
        _ = try await world.exchange.recordExpiries()
        return "sweep"
    }

    @discardableResult
    private mutating func publish() async throws -> String {
        version += 1
        let keys = random.some(of: Self.keys)
        rows = keys.flatMap { key in
            (1...2).map { [key, "\(key.utf8.count)\(key)-\($0)-v\(version)", "\($0)"] }
        }
        rows.append(["NA", "null-v\(version)", "0"])
        try await world.publish(World.csv(rows))
        return "publish"
    }

    /// Ends the download that runs, and begins another one.
    private mutating func download(_ book: Int) throws -> String {
        defer { running = nil }
        if let running {
            var naive = books[running.book].naive
            (naive.rows, naive.version, naive.links) = (running.rows, running.version, links)
            let fields = books[running.book].fields
            let allowed = naive.lines(fields, at: now).map(Self.cells)
            for line in try running.download.rest() {
                let cells = Self.cells(line)
                let isCovered = allowed.contains { zip(cells, $0).allSatisfy { $0.isEmpty || $0 == $1 } }
                #expect(isCovered, "`\(line)` of version \(running.version) must not flow")
            }
            return "download ends"
        }
        return "nothing runs"
    }

    private static func cells(_ line: String) -> [[UInt8]] {
        Array(line.utf8).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
            Array($0)
        }
    }

    mutating func check(_ place: String) throws {
        for index in books.indices {
            books[index].naive.links = links
            books[index].naive.rows = rows
            books[index].naive.version = version
            let book = books[index]
            let plan = try world.plan(book.id)
            let lines = try Download(plan, of: world.exchange).rest().sorted()
            #expect(lines == book.naive.lines(book.fields, at: now), "\(place), agreement \(index)")
            #expect(plan.epoch >= book.epoch, "\(place)")
            if lines != book.seen { #expect(plan.epoch > book.epoch, "\(place)") }
            (books[index].epoch, books[index].seen) = (plan.epoch, lines)
        }
        if running == nil {
            let book = random.pick(Array(books.indices))
            running = (try world.download(books[book].id), book, rows, version)
        }
    }
}
