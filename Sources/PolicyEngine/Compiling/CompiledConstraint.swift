import Model

/// A test with what it takes to say why it holds or not.
struct CompiledConstraint: Sendable {
    var test: Test
    var place: Place
    /// Both nil while the test is unknown.
    var operand: LeftOperand?
    var comparison: Operator?
    /// The right operand, for people.
    var expected: String

    /// A sentence with the found and the expected value, such as `purpose A is not B or narrower`.
    func sentence(_ facts: Facts, holds: Bool) -> String {
        guard let operand, let comparison else { return "" }
        return "\(operand.name) \(found(operand, facts)) \(comparison.words(holds: holds)) \(expected)"
    }

    private func found(_ operand: LeftOperand, _ facts: Facts) -> String {
        switch operand {
        case .purpose: brief(facts.request.purpose.iri)
        case .dateTime: facts.now.description
        case .recipient: brief(facts.request.assignee)
        case .legalBasis: facts.request.legalBasis.rawValue
        case .field: facts.request.fields.prefix(8).map { "`\(brief($0))`" }.joined(separator: ", ")
        }
    }
}
