internal import Model
internal import Synchronization

/// Counts what is used of what is limited, and refuses what goes beyond.
final class UsageBook: Sendable {
    /// What one key has used.
    private struct Usage {
        var requests: Budget?
        var bytes: Budget?
        var streams = 0

        func isIdle(at now: Instant) -> Bool {
            streams == 0 && requests?.isFull(at: now) != false && bytes?.isFull(at: now) != false
        }
    }

    private struct Page {
        var usages: [UsageKey: Usage] = [:]
        /// Idle ones are looked for when there are so many.
        var sweepAt = 1024
    }

    private static let pageCount = 16

    private let requests: Int
    private let bytes: Int
    private let streams: Int
    private let now: @Sendable () -> Instant
    private let pages: [Mutex<Page>.Box]

    /// - Parameters:
    ///   - requests: a minute; 0 for no limit, as with the others.
    ///   - bytes: a minute.
    ///   - streams: at once.
    init(requests: Int, bytes: Int = 0, streams: Int = 0, now: @escaping @Sendable () -> Instant) {
        (self.requests, self.bytes, self.streams) = (requests, bytes, streams)
        self.now = now
        pages = (0..<Self.pageCount).map { _ in Mutex<Page>.Box(Page()) }
    }

    /// Lets a request in. Its place among the streams is given back with the admission.
    ///
    /// - Throws: `LimitReached`.
    func admit(_ key: UsageKey) throws(LimitReached) -> Admission {
        let now = now()
        let page = page(of: key)
        let result = page.mutex.withLock { page -> Result<RateLimitFields, LimitReached> in
            sweep(&page, at: now)
            var usage = page.usages[key] ?? newUsage()
            defer { page.usages[key] = usage }
            return Result { () throws(LimitReached) in try use(&usage, at: now) }
        }
        return Admission(self, key, try result.get())
    }

    private func newUsage() -> Usage {
        Usage(
            requests: requests > 0 ? Budget(quota: requests) : nil,
            bytes: bytes > 0 ? Budget(quota: bytes) : nil)
    }

    private func use(_ usage: inout Usage, at now: Instant) throws(LimitReached) -> RateLimitFields {
        if streams > 0, usage.streams >= streams {
            throw LimitReached(.streams, streams, retryAfter: 1, fields(usage, at: now))
        }
        // Whoever owes bytes waits; how many this request takes nobody knows yet.
        if let wait = usage.bytes?.wait(at: now) {
            throw LimitReached(.bytes, bytes, retryAfter: wait, fields(usage, at: now))
        }
        if let wait = usage.requests?.use(1, at: now) {
            throw LimitReached(.requests, requests, retryAfter: wait, fields(usage, at: now))
        }
        usage.streams += 1
        return fields(usage, at: now)
    }

    private func fields(_ usage: Usage, at now: Instant) -> RateLimitFields {
        let budgets = [(LimitReached.Limit.requests, usage.requests), (.bytes, usage.bytes)]
        return RateLimitFields(
            budgets.compactMap { limit, budget in
                budget.map {
                    .init(
                        name: limit.rawValue, quota: $0.quota, left: $0.left(at: now),
                        secondsUntilFull: $0.secondsUntilFull(at: now))
                }
            })
    }

    fileprivate func charge(_ count: Int, to key: UsageKey) {
        guard bytes > 0 else { return }
        let now = now()
        page(of: key).mutex.withLock { page in
            page.usages[key]?.bytes?.charge(count, at: now)
        }
    }

    fileprivate func release(_ key: UsageKey) {
        page(of: key).mutex.withLock { page in page.usages[key]?.streams -= 1 }
    }

    private func sweep(_ page: inout Page, at now: Instant) {
        guard page.usages.count >= page.sweepAt else { return }
        page.usages = page.usages.filter { !$0.value.isIdle(at: now) }
        page.sweepAt = max(1024, page.usages.count * 2)
    }

    /// How many keys are remembered.
    var count: Int { pages.reduce(0) { $0 + $1.mutex.withLock { $0.usages.count } } }

    private func page(of key: UsageKey) -> Mutex<Page>.Box {
        pages[Int(UInt(bitPattern: key.hashValue) % UInt(Self.pageCount))]
    }

    /// A request that was let in.
    final class Admission: Sendable {
        /// What its answer says of the limits.
        let fields: RateLimitFields
        private let book: UsageBook
        private let key: UsageKey

        fileprivate init(_ book: UsageBook, _ key: UsageKey, _ fields: RateLimitFields) {
            self.book = book
            self.key = key
            self.fields = fields
        }

        /// Bytes of its answer were sent.
        func charge(_ count: Int) { book.charge(count, to: key) }

        deinit { book.release(key) }
    }
}

extension Mutex where Value: ~Copyable {
    /// A lock that can stand in an array.
    final class Box: Sendable {
        let mutex: Mutex

        init(_ value: consuming sending Value) { mutex = Mutex(value) }
    }
}
