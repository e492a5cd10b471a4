import Foundation
import Model
import Synchronization

@testable import AuditLog

/// An outbox in memory that can fail, and that can be stopped for the moment of a kill.
final class MemoryStore: OutboxStore {
    struct Failure: Error, Equatable {}

    private struct State {
        var rows: [OutboxRow]
        var newest: Int64
        var drops: [Int64] = []
        var fails = false
        var head: String?
    }

    private let state: Mutex<State>
    /// Called before rows are dropped, with the number.
    private let beforeDrop: @Sendable (Int64) throws -> Void

    init(
        rows: [OutboxRow] = [], newest: Int64 = 0,
        beforeDrop: @escaping @Sendable (Int64) throws -> Void = { _ in }
    ) {
        state = Mutex(State(rows: rows, newest: max(newest, rows.last?.number ?? 0)))
        self.beforeDrop = beforeDrop
    }

    func pendingRows() throws -> [OutboxRow] {
        try state.withLock { state in
            if state.fails { throw Failure() }
            return state.rows
        }
    }

    func dropRows(through number: Int64) throws {
        try state.withLock { state in
            if state.fails { throw Failure() }
            try beforeDrop(number)
            state.rows.removeAll { $0.number <= number }
            state.drops.append(number)
        }
    }

    /// Commits rows with the next numbers and gives them on in the order of commit, as Registry does.
    func commit(_ count: Int, text: String, deliver: ([OutboxRow]) -> Void) {
        state.withLock { state in
            let rows = (0..<count).map { offset in
                let number = state.newest + 1 + Int64(offset)
                return OutboxRow(number: number, entry: entry("\(text)/\(number)", number: number))
            }
            state.newest += Int64(count)
            state.rows += rows
            deliver(rows)
        }
    }

    /// What is on disk at this moment, while nothing is committed or dropped.
    func frozen<Value>(_ body: () throws -> Value) rethrows -> (
        rows: [OutboxRow], newest: Int64, value: Value
    ) {
        try state.withLock { ($0.rows, $0.newest, try body()) }
    }

    func newestNumber() throws -> Int64 {
        try state.withLock { state in
            if state.fails { throw Failure() }
            return state.newest
        }
    }

    func remember(head: String) throws {
        try state.withLock { state in
            if state.fails { throw Failure() }
            state.head = head
        }
    }

    var head: String? { state.withLock { $0.head } }

    func setFailing(_ fails: Bool) { state.withLock { $0.fails = fails } }

    var numbers: [Int64] { state.withLock { $0.rows.map(\.number) } }
    var newest: Int64 { state.withLock { $0.newest } }
    var drops: [Int64] { state.withLock { $0.drops } }
}
