internal import DataPlane
public import Model
internal import Registry

extension Exchange {
    /// Whether an organisation may read a dataset, asked beforehand and without a token.
    public struct Question: Sendable {
        public var consumer: Slug
        public var dataset: Slug
        /// Nil for any agreement between the two.
        public var agreement: AgreementID?
        /// Nil for the one that the agreement names.
        public var purpose: Purpose?
        /// None for all that are agreed.
        public var fields: [String]

        public init(
            consumer: Slug, dataset: Slug, agreement: AgreementID? = nil, purpose: Purpose? = nil,
            fields: [String] = []
        ) {
            self.consumer = consumer
            self.dataset = dataset
            self.agreement = agreement
            self.purpose = purpose
            self.fields = fields
        }
    }

    /// What a read now would be told, and under which agreement; nil for that where none is needed or none
    /// permits. Which rows it would get is for the owners' grants to say.
    public func decide(_ question: Question) throws -> (decision: Decision, agreement: AgreementID?) {
        if try isOpen(question.dataset) {
            guard try isProvided(question.dataset) else { return (Self.suspended, nil) }
            let isThere = has(question.fields, question.dataset)
            return (isThere ? Self.open(fields: question.fields) : Self.fieldGone, nil)
        }
        let now = self.now
        let candidates = gates.gates(ofDataset: question.dataset).filter { gate in
            gate.agreement.consumer == question.consumer && gate.isInForce(at: now)
                && question.agreement.map { $0 == gate.agreement.id } ?? true
        }
        var denied: Decision?
        for gate in candidates.sorted(by: { $0.agreement.id.description < $1.agreement.id.description }) {
            let answer = decide(question, gate, at: now)
            if answer.isPermit { return (answer, gate.agreement.id) }
            denied = denied ?? answer
        }
        return (denied ?? Self.ended, nil)
    }

    private func decide(_ question: Question, _ gate: AgreementGate, at now: Instant) -> Decision {
        let agreement = gate.agreement
        let agreed = gate.agreedFields(of: versions.current(of: question.dataset))
        if let foreign = question.fields.first(where: { !agreed.contains($0) }) {
            return Self.fieldNotAgreed(foreign)
        }
        let claim = Claim(
            dataset: question.dataset, agreement: agreement.id, consumer: question.consumer,
            purpose: question.purpose ?? agreement.purpose, fields: question.fields)
        let names = Self.fields(of: claim, agreed)
        return decide(
            claim, fields: names, agreed, gate, counts: gate.readCounter?.next(at: now), at: now)
            ?? Self.ended
    }

    /// Whether the dataset has these fields, as far as it has data.
    private func has(_ names: [String], _ dataset: Slug) -> Bool {
        guard let version = versions.current(of: dataset) else { return true }
        return names.allSatisfy { name in version.fields.contains { $0.name == name } }
    }

    /// The organisations with a live agreement, by slug.
    public var consumers: [Slug] {
        Set(gates.all.filter { $0.isInForce(at: now) }.map(\.agreement.consumer)).sorted()
    }

    /// Every dataset of this hub with its provider, by slug.
    public func datasetsWithProviders() throws -> [(dataset: Slug, provider: Slug)] {
        try registry.read { reader in
            var found: [(Slug, Slug)] = []
            var cursor: String?
            repeat {
                let page = try reader.datasets(after: cursor, limit: 1000)
                found += page.items.map { ($0.id, $0.provider) }
                cursor = page.next
            } while cursor != nil
            return found
        }
    }

    /// Nil for a dataset that there is not.
    public func provider(of dataset: Slug) throws -> Slug? {
        try registry.read { try $0.dataset(dataset)?.provider }
    }
}
