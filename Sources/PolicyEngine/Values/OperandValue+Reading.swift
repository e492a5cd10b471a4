import Model

extension OperandValue {
    /// Makes out what a written value means for an operand of this kind.
    ///
    /// - Throws: `NotCompiled` for a data type or a form that means nothing there, and for a value outside of
    ///   what the data type allows. Nothing is rounded and nothing is guessed.
    init(_ value: Constraint.Value, as kind: ValueKind) throws(NotCompiled) {
        switch kind {
        case .time: self = try Self.time(value)
        case .duration: self = try Self.duration(value)
        case .number: self = try Self.number(value)
        case .boolean: self = try Self.boolean(value)
        case .identifier, .purpose, .legalBasis: self = .iri(try Self.iri(value))
        case .name: self = .text(try Self.name(value))
        case .token: self = try Self.token(value)
        case .any: self = try Self.any(value)
        }
    }

    private static func time(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        guard value.form == .string, let time = TimeSpan(value.text) else {
            if let type = value.dataType, type != XSD.date, !XSD.times.contains(type) {
                throw .dataType(value)
            }
            throw .value(value, "a date or a time")
        }
        // xsd:dateTimeStamp is an xsd:dateTime that says its zone.
        let zoneStart = value.text.utf8.dropFirst(19).first { "Z+-".utf8.contains($0) }
        if value.dataType?.hasSuffix("dateTimeStamp") == true, zoneStart == nil {
            throw .value(value, "of its data type")
        }
        switch value.dataType {
        case nil: break
        case XSD.date? where time.isDay: break
        case let type? where XSD.times.contains(type) && !time.isDay: break
        case let type? where type == XSD.date || XSD.times.contains(type):
            throw .value(value, "of its data type")
        default: throw .dataType(value)
        }
        return .time(time)
    }

    private static func duration(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        if let type = value.dataType, !XSD.durations.contains(type) { throw .dataType(value) }
        guard value.form == .string, let duration = CalendarDuration(value.text) else {
            throw .value(value, "a duration such as `P90D`")
        }
        if value.dataType?.hasSuffix("dayTimeDuration") == true, duration.months != 0 {
            throw .value(value, "of its data type")
        }
        if value.dataType?.hasSuffix("yearMonthDuration") == true, duration.milliseconds != 0 {
            throw .value(value, "of its data type")
        }
        return .duration(duration)
    }

    private static func number(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        if let type = value.dataType, !XSD.numbers.contains(type), XSD.integers[type] == nil {
            throw .dataType(value)
        }
        guard value.form != .identifier, let number = FixedDecimal(value.text) else {
            throw .value(value, "a number")
        }
        if let type = value.dataType, let range = XSD.integers[type] {
            let isInside =
                number >= FixedDecimal(range.lowerBound) && number <= FixedDecimal(range.upperBound)
            guard number.isInteger, isInside, !value.text.contains(where: { ".eE".contains($0) }) else {
                throw .value(value, "of its data type")
            }
        } else if value.dataType == XSD.decimal, value.text.contains(where: { "eE".contains($0) }) {
            throw .value(value, "of its data type")
        }
        return .number(number)
    }

    private static func boolean(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        if let type = value.dataType, type != XSD.boolean { throw .dataType(value) }
        switch value.text {
        case "true" where value.form != .identifier: return .boolean(true)
        case "false" where value.form != .identifier: return .boolean(false)
        default: throw .value(value, "true or false")
        }
    }

    private static func iri(_ value: Constraint.Value) throws(NotCompiled) -> String {
        guard value.dataType == nil || value.dataType == XSD.anyURI else { throw .dataType(value) }
        guard value.form != .other, let iri = value.iri, IRI.isAbsolute(iri), !iri.hasPrefix("_:") else {
            throw .value(value, "an absolute IRI")
        }
        return iri
    }

    private static func name(_ value: Constraint.Value) throws(NotCompiled) -> String {
        guard value.dataType == nil || value.dataType == XSD.string else { throw .dataType(value) }
        guard value.form == .string, !value.text.isEmpty else { throw .value(value, "a name") }
        return value.text
    }

    /// An IRI where it is written as one, else a text.
    private static func token(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        switch value.dataType {
        case nil, XSD.anyURI?:
            if value.form == .identifier || value.dataType != nil || value.iri.map(IRI.isAbsolute) == true {
                return .iri(try iri(value))
            }
        case XSD.string?: break
        default: throw .dataType(value)
        }
        guard value.form == .string, !value.text.isEmpty else {
            throw .value(value, "a text or an absolute IRI")
        }
        return .text(value.text)
    }

    private static func any(_ value: Constraint.Value) throws(NotCompiled) -> OperandValue {
        switch (value.form, value.dataType) {
        case (.identifier, _): return .iri(try iri(value))
        case (.string, nil), (.string, XSD.string?): return .text(value.text)
        case (.string, XSD.anyURI?): return .iri(try iri(value))
        case (_, XSD.boolean?): return try boolean(value)
        case (.other, nil):
            return value.text == "true" || value.text == "false" ? try boolean(value) : try number(value)
        case (_, let type?) where type == XSD.date || XSD.times.contains(type): return try time(value)
        case (_, let type?) where XSD.durations.contains(type): return try duration(value)
        default: return try number(value)
        }
    }
}
