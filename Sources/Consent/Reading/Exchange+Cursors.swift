internal import Cryptography
internal import DataPlane
public import Model

extension Exchange {
    /// The cursor with which a reader goes on behind a read that was sent whole.
    ///
    /// What it counts on is durable when this returns. Work for the disk: not for an event loop.
    ///
    /// - Parameter rows: how many were sent.
    /// - Returns: nil for a read that cannot be gone on with: the dataset has no owner column or it is not
    ///   among the fields that were read, or the read was ended by its limit.
    public func cursor(after plan: ReadPlan, rows: Int) throws -> String? {
        guard var cursor = plan.cursor, let gate = plan.gate, rows < plan.limit ?? .max,
            let releases = gate.releases, releases.history.id == cursor.history
        else { return nil }
        try gate.releaseFile.save(releases)
        cursor.end = releases.history.next
        return cursor.text(under: releases.history.key)
    }

    /// The filter as it is now, with a place in its history if reads can be gone on with.
    ///
    /// - Parameter fields: what is read of a version.
    func currentFilter(
        of gate: AgreementGate, at now: Instant, reading fields: (StoredVersion) -> [String]
    ) -> (version: StoredVersion, view: AgreementGate.View)? {
        let current = gate.currentFilter(at: now)
        guard let current, !versions.isConnected(gate.agreement.dataset),
            current.view.place == nil,
            Self.ownerColumn(of: current.version, in: fields(current.version)) != nil
        else { return current }
        gate.beginHistory { SecureRandom.bytes(48) }
        return gate.currentFilter(at: now)
    }

    /// Where a read goes on from, and where whoever comes back will.
    func planCursors(_ plan: inout ReadPlan, since: String?) throws(ClientFault) {
        guard plan.source == nil else {
            guard since == nil else { throw Self.sinceOfConnected }
            return
        }
        guard let column = Self.ownerColumn(of: plan.version, in: plan.fields) else {
            guard since == nil else { throw Self.sinceNeedsOwners }
            return
        }
        // A retraction would name owners all of whose rows lie outside the span, of whom nothing was sent.
        guard plan.bounds == nil else {
            guard since == nil else { throw Self.sinceOfSpan }
            return
        }
        let selection = ReadCursor.selection(fields: plan.fields, where: plan.condition)
        plan.cursor = plan.view?.place.map { ReadCursor($0, plan.version, selection: selection) }
        if let since {
            plan.continuation = try continuation(of: plan, from: since, column, selection: selection)
        }
    }

    /// The position of the owner column, if it is among these fields: without it nobody could tell which rows
    /// to drop.
    private static func ownerColumn(of version: StoredVersion, in fields: [String]) -> Int? {
        guard case .column(let name) = version.ownerRule, fields.contains(name) else { return nil }
        return version.fields.firstIndex { $0.name == name }
    }

    /// What a reader lacks who has read up to a cursor.
    ///
    /// - Throws: `ClientFault` for a cursor that is none, is of another read, or can no longer be gone on
    ///   with.
    private func continuation(
        of plan: ReadPlan, from text: String, _ column: Int, selection: [UInt8]
    ) throws(ClientFault) -> ReadPlan.Continuation {
        guard let cursor = ReadCursor(text) else { throw Self.noCursor(text) }
        guard let history = plan.gate?.releases?.history, history.id == cursor.history, let view = plan.view
        else { throw Self.cursorGone("nothing is remembered of what was read") }
        guard cursor.isAuthentic(under: history.key) else { throw Self.noCursor(text) }
        guard cursor.selection == selection else {
            throw ClientFault(
                .badInput, "cursor_other_read", "the cursor is of a read of other fields or rows",
                field: "since", expected: "the same `fields` and `where`",
                remedy: "ask as you did then, or read anew without `since`")
        }
        guard let changes = history.changes(from: cursor.start, to: cursor.end) else {
            throw Self.cursorGone("too much has changed since")
        }
        var renewal = Renewal(
            history: history, version: plan.version, column: column, asked: FieldSet(plan.positions))
        for (ordinal, sets) in changes {
            guard renewal.take(ordinal, sets, now: view.filter.fields(of: ordinal)) else {
                throw Self.cursorGone("rows must be dropped that no owner key names")
            }
        }
        return ReadPlan.Continuation(
            text: text, version: cursor.version, delta: renewal.delta(from: cursor.sequence))
    }

    /// The answer to `since` where rows cannot be dropped by owner.
    public static let sinceNeedsOwners = ClientFault(
        .badInput, "since_needs_owner_column",
        "`since` needs the dataset's owner column among the agreed fields that are read", field: "since",
        remedy: "name it among `fields`, or read the dataset anew without `since`")

    private static let sinceOfSpan = ClientFault(
        .badInput, "since_of_data_span", "reads of an agreement on a data span cannot be gone on with",
        field: "since", remedy: "read the dataset anew without `since`")

    private static let sinceOfConnected = ClientFault(
        .badInput, "since_of_connected",
        "reads of a connected dataset cannot be gone on with: the hub has "
            + "none of its rows to compare", field: "since", remedy: "read the dataset anew without `since`")

    private static func noCursor(_ text: String) -> ClientFault {
        ClientFault(
            .badInput, "bad_cursor", "`since` is no cursor of this agreement", field: "since", found: text,
            expected: "the value of a `Sluis-Cursor` trailer")
    }

    private static func cursorGone(_ reason: String) -> ClientFault {
        ClientFault(
            .gone, "cursor_gone", "the cursor cannot be gone on with: \(reason)", field: "since",
            remedy: "drop what you have and read the dataset anew without `since`")
    }
}

/// Finds out whose rows a reader must drop and whose he gets anew.
private struct Renewal {
    let history: ReleaseHistory
    let version: StoredVersion
    /// The position of the owner column.
    let column: Int
    /// The fields that the reader asks for.
    let asked: FieldSet
    private var renewed = OrdinalSet()
    private var retracted: Set<[UInt8]> = []

    init(history: ReleaseHistory, version: StoredVersion, column: Int, asked: FieldSet) {
        (self.history, self.version, self.column, self.asked) = (history, version, column, asked)
    }

    /// Takes note of an owner of whom something changed.
    ///
    /// - Parameters:
    ///   - sets: what was released of his rows while they were read; several if that changed meanwhile.
    ///   - now: what is released.
    /// - Returns: false if the reader must drop rows and cannot be told which: their owner did not release
    ///   his key with them, or it is no longer known.
    mutating func take(_ ordinal: UInt32, _ sets: [FieldSet], now: FieldSet) -> Bool {
        let seen = Set(sets.map { $0.intersection(asked) })
        let wanted = now.intersection(asked)
        guard seen != [wanted] else { return true }
        if !wanted.isEmpty { renewed.insert(ordinal) }
        guard seen != [FieldSet()] else { return true }
        guard let key = history.ownerKey(of: ordinal, in: version) else { return false }
        guard hasHadRows(ordinal) else { return true }
        guard sets.allSatisfy({ $0.isDisjoint(with: asked) || $0.contains(column) }) else { return false }
        retract(key)
        return true
    }

    private func hasHadRows(_ ordinal: UInt32) -> Bool {
        version.rows(of: ordinal) > 0 || version.ownerKey(of: ordinal).isEmpty
    }

    /// Dropping the rows of a key drops those of all who had it.
    private mutating func retract(_ key: String) {
        guard retracted.insert(Array(key.utf8)).inserted else { return }
        for ordinal in version.ordinals(of: key) { renewed.insert(ordinal) }
    }

    func delta(from sequence: Int) -> Delta {
        let keys = retracted.sorted { $0.lexicographicallyPrecedes($1) }
        return Delta(
            firstSequence: sequence, renewed: renewed,
            retracted: keys.map { String(decoding: $0, as: UTF8.self) })
    }
}
