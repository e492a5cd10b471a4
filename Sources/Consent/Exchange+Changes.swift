internal import AuditLog
internal import DataPlane
internal import Model
internal import Registry

/// The two orders in which changes are made (DESIGN section 5).
extension Exchange {
    /// A change that was recorded. `entry` is the index of its entry; nil only for a narrowing that is in
    /// effect and committed while the log cannot be written.
    public struct Recorded<Value: Sendable>: Sendable {
        public var value: Value
        public var entry: UInt64?
    }

    /// A change that was committed: what it came to and the number of the last event it recorded, nil if it
    /// changed nothing.
    struct Committed<Value: Sendable>: Sendable {
        var value: Value
        var number: Int64?
    }

    var isLogWritable: Bool { (try? parts.log.requireWritable()) != nil }

    func commit<Value: Sendable>(
        _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) throws -> Committed<Value> {
        let now = self.now
        let (value, number) = try registry.write(at: now) { try body($0, now) }
        return Committed(value: value, number: number)
    }

    /// Waits until the change is in the log, before it may take effect.
    ///
    /// - Throws: `RetryableFault` if the log cannot be written.
    func logged<Value>(_ change: Committed<Value>) async throws -> Recorded<Value> {
        guard let number = change.number else { return Recorded(value: change.value, entry: nil) }
        return Recorded(value: change.value, entry: try await parts.outbox.index(of: number))
    }

    /// Waits until a change that is in effect is in the log, as long as that can be written. If it cannot,
    /// the entry goes first when the log is back.
    func loggedIfPossible<Value>(_ change: Committed<Value>) async -> Recorded<Value> {
        do {
            return try await logged(change)
        } catch {
            return Recorded(value: change.value, entry: nil)
        }
    }

    /// Commits a change that widens, and waits until its last entry is in the log.
    ///
    /// - Parameter caller: who makes it, if anyone does.
    /// - Throws: `RetryableFault` while the log or the registry cannot be written; `ClientFault` from `body`,
    ///   and if what let the caller in has ended.
    func widen<Value: Sendable>(
        by caller: Caller? = nil, _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) async throws -> Recorded<Value> {
        try parts.log.requireWritable()
        return try await logged(
            try commit { writer, now in
                if let caller { try self.requireStanding(caller, writer) }
                return try body(writer, now)
            })
    }

    /// Throws if what let a caller in has ended since: his body may have been long on its way, and others may
    /// have gone before him. Whoever only takes away needs no standing.
    func requireStanding(_ caller: Caller, _ reader: RegistryReader) throws {
        let current = try self.caller(with: caller.thumbprint, reader)
        guard let current, current.principal == caller.principal, !current.isSuspended,
            current.capacities.isSuperset(of: caller.capacities)
        else {
            throw ClientFault(
                .unauthenticated, "caller_ended", "your certificate or role was taken back meanwhile",
                remedy: "ask the hub's operator")
        }
    }

    /// Commits a narrowing that is in effect in its gate, and waits until no stream can send what it took.
    ///
    /// - Parameter body: must `order` the narrowing in the gate.
    func record<Value: Sendable>(
        _ narrowing: Narrowing, in gate: AgreementGate,
        _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) async throws -> Recorded<Value> {
        let committed: Committed<Value>
        do {
            committed = try commit(body)
        } catch let fault as ClientFault {
            // Somebody else changed the grant in between: nothing was narrowed by this call.
            gate.settle(narrowing)
            try await rebuildAlone(gate)
            throw fault
        } catch {
            gate.hold(narrowing)
            throw error
        }
        gate.succeed(narrowing)
        projections.review(gate.agreement.dataset)
        let recorded = await loggedIfPossible(committed)
        gate.waitForBlockBorders()
        return recorded
    }

    /// Commits a change that narrows, and waits for its entry as long as the log can be written.
    func narrow<Value: Sendable>(
        _ body: (RegistryWriter, Instant) throws -> (Value, Int64?)
    ) async throws -> Recorded<Value> {
        await loggedIfPossible(try commit(body))
    }
}
