public import Model
internal import PolicyEngine
internal import Registry

/// Fields that change: they do so with a version, which is the first that has the new ones, and what is
/// agreed and granted follows them by their ids. So a field that is new, or has another type, is in nobody's
/// grant.
extension Exchange {
    /// A field as its provider describes it.
    public struct FieldDraft: Sendable {
        /// Nil for the field that has this name and type now or, if there is none, for a new one.
        public var id: String?
        public var name: String
        public var type: FieldType
        public var isRequired: Bool

        public init(id: String?, name: String, type: FieldType, isRequired: Bool) {
            self.id = id
            self.name = name
            self.type = type
            self.isRequired = isRequired
        }
    }

    /// What becomes of a dataset's fields with its next version.
    public struct FieldPlan: Sendable {
        public var dataset: Slug
        public var fields: [Field]
        /// Nil if nothing changes.
        public var next: [Field]?
        /// The agreements in force that lose fields.
        public var breaks: [BrokenAgreement] = []

        public var added: [Field] {
            (next ?? fields).filter { field in !fields.contains { $0.id == field.id } }
        }

        public var dropped: [Field] {
            next.map { next in fields.filter { field in !next.contains { $0.id == field.id } } } ?? []
        }

        /// Fields that go on under another name, as they are now and as they will be.
        public var renamed: [(from: Field, to: Field)] {
            fields.compactMap { field in
                guard let other = next?.first(where: { $0.id == field.id }), other.name != field.name else {
                    return nil
                }
                return (field, other)
            }
        }
    }

    public func fieldPlan(of id: Slug, by caller: Caller) throws -> FieldPlan {
        let now = self.now
        return try registry.read { reader in
            let dataset = try self.ownDataset(id, of: caller, reader)
            return try self.plan(of: dataset, to: reader.fieldChange(of: id)?.fields, reader, at: now)
        }
    }

    /// Says what fields the next version has that replaces all rows. Until it is published nothing changes;
    /// fields that are as they were take back what was said before.
    ///
    /// - Parameter breaks: agreements that may lose fields by it.
    /// - Throws: `BrokenAgreementsFault` if others would, too.
    public func changeFields(
        of id: Slug, to drafts: [FieldDraft], breaking breaks: [AgreementID], by caller: Caller
    ) throws -> FieldPlan {
        try FieldNaming.check(drafts)
        return try commit { writer, now in
            try self.requireStanding(caller, writer)
            let dataset = try self.ownDataset(id, of: caller, writer)
            let fields = try FieldNaming(dataset, former: writer.formerFields(of: id)).fields(drafts)
            try Self.check(fields, for: dataset)
            guard fields != dataset.fields else {
                try writer.setFieldChange(nil, of: id)
                return (FieldPlan(dataset: id, fields: dataset.fields), nil)
            }
            let plan = try self.plan(of: dataset, to: fields, writer, at: now)
            try self.requireOfferFits(plan, dataset)
            try plan.requireLoggable()
            try BrokenAgreementsFault.check(plan.breaks, allowed: breaks)
            // Those that it breaks, of however many that were named.
            let broken = plan.breaks.map(\.agreement)
            try writer.setFieldChange(FieldChange(fields: fields, breaks: broken), of: id)
            return (plan, nil)
        }.value
    }

    /// Takes back what was said of the fields of the next version.
    public func keepFields(of id: Slug, by caller: Caller) throws {
        _ = try commit { writer, _ in
            _ = try self.ownDataset(id, of: caller, writer)
            return (try writer.setFieldChange(nil, of: id), nil)
        }
    }

    /// Changes the fields, inside the transaction of the first version that has them.
    ///
    /// - Parameter change: that of the version.
    func apply(
        _ change: FieldChange, to id: Slug, _ writer: RegistryWriter, at now: Instant
    ) throws -> FieldPlan {
        let plan = try waiting(change, of: id, writer, at: now)
        try writer.applyFieldChange(of: id)
        return plan
    }

    /// Refuses a version before its rows are sorted: whoever sent them can do what is missing meanwhile.
    func requireFields(of upload: Upload) throws {
        guard let change = upload.change else { return }
        let now = self.now
        _ = try registry.read { try self.waiting(change, of: upload.dataset.id, $0, at: now) }
    }

    /// - Throws: unless the fields of a version are still those that are waited for, and all agreements that
    ///   lose some may.
    private func waiting(
        _ change: FieldChange, of id: Slug, _ reader: RegistryReader, at now: Instant
    ) throws -> FieldPlan {
        guard let waiting = try reader.fieldChange(of: id), waiting.fields == change.fields else {
            throw ClientFault(
                .conflict, "fields_changed", "what fields the version should have was changed meanwhile",
                field: "fields", remedy: "publish again")
        }
        let plan = try plan(of: reader.requireDataset(id), to: waiting.fields, reader, at: now)
        // Agreements may have been made since it was asked which of them lose fields.
        try BrokenAgreementsFault.check(plan.breaks, allowed: waiting.breaks)
        return plan
    }

    /// An offer that speaks of fields says nothing of one that is new, and must not let it pass for that.
    private func requireOfferFits(_ plan: FieldPlan, _ dataset: Dataset) throws {
        guard let new = plan.added.first,
            try CompiledPolicy(dataset.offer, purposes: parts.policies.purposes).dependsOnFields
        else { return }
        throw ClientFault(
            .conflict, "offer_names_fields", "the offer of the dataset speaks of its fields, and not of this",
            field: "fields", found: new.name, expected: "fields that are there",
            remedy: "publish a dataset with an offer that speaks of the new ones")
    }

    private func plan(
        of dataset: Dataset, to next: [Field]?, _ reader: RegistryReader, at now: Instant
    ) throws -> FieldPlan {
        var plan = FieldPlan(dataset: dataset.id, fields: dataset.fields, next: next)
        let dropped = plan.dropped
        guard !dropped.isEmpty else { return plan }
        plan.breaks = try reader.agreements(ofDataset: dataset.id).compactMap { agreement in
            let lost = dropped.filter { agreement.fieldIDs.contains($0.id) }.map(\.name)
            guard agreement.isLive(at: now), !lost.isEmpty else { return nil }
            return BrokenAgreement(agreement: agreement.id, consumer: agreement.consumer, fields: lost)
        }
        return plan
    }

    private static func check(_ fields: [Field], for dataset: Dataset) throws(ClientFault) {
        var described = DatasetDescription(
            id: dataset.id, title: dataset.title, ownerRule: dataset.ownerRule,
            timeColumn: dataset.timeColumn, nullValues: dataset.nullValues, fields: fields, offer: nil)
        // What it is called may have been checked by other rules.
        described.title = "-"
        var fixed = [dataset.timeColumn].compactMap { $0 }
        if case .column(let name) = dataset.ownerRule { fixed.append(name) }
        for name in fixed {
            guard let known = dataset.field(named: name) else { continue }
            guard fields.contains(where: { $0.id == known.id && $0.name == name }) else {
                throw ClientFault(
                    .conflict, "field_fixed", "owner column and time column stay what they are",
                    field: "fields", found: name, expected: "the field `\(name)` with the id `\(known.id)`",
                    remedy: "publish rows that are told apart otherwise as another dataset")
            }
        }
        try described.check()
    }
}

extension Exchange.FieldPlan {
    /// An entry holds no more, with all that else is in it.
    private static let maximumLoggedBytes = 40_000

    /// How the entry of the version tells of it: null if nothing changes.
    var logged: JSON {
        guard next != nil else { return .null }
        func json(_ field: Field) -> JSON { ["id": .string(field.id), "name": .string(field.name)] }
        return [
            "added": .array(added.map(json)), "dropped": .array(dropped.map(json)),
            "renamed": .array(
                renamed.map { from, to in
                    ["id": .string(from.id), "from": .string(from.name), "to": .string(to.name)]
                }),
        ]
    }

    /// How it tells of the agreements that lose fields: an entry must not grow with their number.
    var loggedBreaks: JSON {
        [
            "count": .integer(Int64(breaks.count)),
            "agreements": JSON(breaks.prefix(500).map(\.agreement.description)),
        ]
    }

    fileprivate func requireLoggable() throws(ClientFault) {
        let size = logged.canonical.count
        guard size <= Self.maximumLoggedBytes else {
            throw ClientFault(
                .badInput, "field_change_too_large", "so many fields at once do not fit an entry of the log",
                field: "fields", found: "\(size) bytes", expected: "at most \(Self.maximumLoggedBytes)",
                remedy: "change some of them with one version, and others with the next")
        }
    }
}
