import HTTPTypes
import Model
import Synchronization
import Testing
import TestSupport

@testable import Gateway

@Suite("What may be used in a minute") struct BudgetTests {
    private static let noon = Instant(milliseconds: 1_780_000_000_000)

    @Test("All of it at once, then one after the other as time passes") func refill() {
        var budget = Budget(quota: 60)
        for _ in 0..<60 { #expect(budget.use(1, at: Self.noon) == nil) }
        #expect(budget.left(at: Self.noon) == 0 && budget.secondsUntilFull(at: Self.noon) == 60)
        #expect(budget.use(1, at: Self.noon) == 1)
        let soon = Self.noon.adding(seconds: 1)
        #expect(budget.use(1, at: soon) == nil && budget.use(1, at: soon) == 1)
        #expect(budget.use(30, at: soon) == 30)
        let later = Self.noon.adding(seconds: 61)
        #expect(budget.isFull(at: later) && budget.left(at: later) == 60)
        #expect(budget.use(61, at: later) == 1, "more than there ever is")
    }

    @Test("What was not known before is owed, and waited for") func owed() {
        var budget = Budget(quota: 1000)
        #expect(budget.wait(at: Self.noon) == nil)
        budget.charge(2500, at: Self.noon)
        #expect(budget.left(at: Self.noon) == 0 && budget.wait(at: Self.noon) == 90)
        #expect(budget.wait(at: Self.noon.adding(seconds: 89)) == 1)
        #expect(budget.wait(at: Self.noon.adding(seconds: 91)) == nil)
        budget.charge(.max, at: Self.noon)
        #expect(budget.wait(at: Self.noon.adding(seconds: 3700)) == nil, "an hour is the longest")
    }

    /// In no span of time is more used than a minute has and what came back meanwhile.
    @Test("Random uses never exceed it") func random() {
        var random = SeededGenerator.announced("uses of a budget")
        for quota in [1, 7, 600, 100_000] {
            var budget = Budget(quota: quota)
            var (time, used) = (Self.noon, 0.0)
            let start = time
            for _ in 0..<2000 {
                time = Instant(milliseconds: time.milliseconds + Int64.random(in: 0...2000, using: &random))
                let amount = Int.random(in: 1...max(1, quota / 3), using: &random)
                let wait = budget.use(amount, at: time)
                if wait == nil { used += Double(amount) }
                let passed = Double(time.milliseconds - start.milliseconds) / 60_000
                #expect(used <= Double(quota) * (1 + passed) + 0.001, "\(quota): \(used) after \(passed) min")
                if let wait {
                    var then = budget
                    #expect(then.use(amount, at: time.adding(seconds: wait)) == nil, "the wait is enough")
                }
            }
            #expect(used > 0)
        }
    }
}

@Suite("What organisations take of datasets") struct UsageBookTests {
    private static let noon = Instant(milliseconds: 1_780_000_000_000)

    private func key(_ client: String, _ dataset: String = "d") throws -> UsageKey {
        let slug: Slug? = Slug(dataset)
        return UsageKey(client: .organisation(try #require(Slug(client))), dataset: slug)
    }

    private func limit(_ book: UsageBook, _ key: UsageKey) -> LimitReached? {
        do throws(LimitReached) {
            _ = try book.admit(key)
            return nil
        } catch {
            return error
        }
    }

    @Test("Each organisation has its own of each dataset") func keys() throws {
        let book = UsageBook(requests: 2, now: { Self.noon })
        for _ in 0..<2 { #expect(limit(book, try key("a")) == nil) }
        let reached = try #require(limit(book, try key("a")))
        #expect(reached.limit == .requests && reached.retryAfter == 30)
        let fields = reached.problem.fields
        func field(_ name: String) -> String? { HTTPField.Name(name).flatMap { fields[$0] } }
        #expect(field("Retry-After") == "30")
        #expect(field("RateLimit") == "\"requests\";r=0;t=60")
        #expect(field("RateLimit-Policy") == "\"requests\";q=2;w=60")
        #expect(try limit(book, key("b")) == nil)
        #expect(try limit(book, key("a", "e")) == nil)
    }

    @Test("A place is given back with its admission, and only once") func places() throws {
        let book = UsageBook(requests: 0, streams: 2, now: { Self.noon })
        let first = try book.admit(try key("a"))
        do {
            let second = try book.admit(try key("a"))
            #expect(limit(book, try key("a"))?.limit == .streams)
            _ = (first, second)
        }
        let third = try book.admit(try key("a"))
        #expect(limit(book, try key("a"))?.limit == .streams)
        _ = (first, third)
    }

    @Test("Who owes bytes waits") func bytes() throws {
        let book = UsageBook(requests: 0, bytes: 1000, now: { Self.noon })
        let admission = try book.admit(try key("a"))
        admission.charge(999)
        #expect(limit(book, try key("a")) == nil)
        admission.charge(501)
        let reached = try #require(limit(book, try key("a")))
        #expect(reached.limit == .bytes && reached.retryAfter == 30)
        #expect(limit(book, try key("b")) == nil)
    }

    @Test("Who is idle is forgotten") func forgotten() throws {
        let time = Mutex(Self.noon)
        let book = UsageBook(requests: 10, now: { time.withLock { $0 } })
        for round in 0..<10 {
            for number in 0..<20_000 { _ = try book.admit(try key("a\(round)-\(number)")) }
            time.withLock { $0 = $0.adding(seconds: 60) }
        }
        // Of 200,000 the last round's are in use, and what came since the last look.
        #expect(book.count < 80_000)
    }
}
