/// Values that are none of those that a policy names: what "something else" stands for.
struct Stranger {
    let text: OperandValue
    let iri: OperandValue

    init(to named: [OperandValue]) {
        // Among one more than there are, one is new.
        let names = (0...named.count).map { $0 == 0 ? "other" : "other-\($0)" }
        let texts = names.map { OperandValue.text($0) }
        let iris = names.map { OperandValue.iri("urn:sluis:example:\($0)") }
        text = texts.first { !named.contains($0) } ?? texts[0]
        iri = iris.first { !named.contains($0) } ?? iris[0]
    }
}
