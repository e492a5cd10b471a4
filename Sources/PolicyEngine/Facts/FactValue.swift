/// A value of a request or of the state of the world.
struct FactValue: Hashable, Sendable {
    var value: OperandValue
    /// As it was given, for reports.
    var text: String
    /// The IRIs of the classes that it is said to be an instance of.
    var types: [String] = []
    var unit: String?

    init(_ value: OperandValue, text: String? = nil, types: [String] = [], unit: String? = nil) {
        self.value = value
        self.text = text ?? value.description
        self.types = types
        self.unit = unit
    }
}
