/// The data types of XML Schema 1.1 Part 2 that right operands may have.
enum XSD {
    static let namespace = "http://www.w3.org/2001/XMLSchema#"
    static let string = namespace + "string"
    static let anyURI = namespace + "anyURI"
    static let boolean = namespace + "boolean"
    static let dateTime = namespace + "dateTime"
    static let date = namespace + "date"
    static let duration = namespace + "duration"
    static let decimal = namespace + "decimal"

    static let times: Set<String> = [dateTime, namespace + "dateTimeStamp"]
    static let durations: Set<String> = [
        duration, namespace + "dayTimeDuration", namespace + "yearMonthDuration",
    ]
    /// Types whose values have no fraction, with their bounds.
    static let integers: [String: ClosedRange<Int64>] = [
        namespace + "integer": .min ... .max, namespace + "long": .min ... .max,
        namespace + "int": Int64(Int32.min)...Int64(Int32.max), namespace + "short": -32_768...32_767,
        namespace + "byte": -128...127, namespace + "nonNegativeInteger": 0 ... .max,
        namespace + "positiveInteger": 1 ... .max, namespace + "nonPositiveInteger": .min...0,
        namespace + "negativeInteger": .min ... -1, namespace + "unsignedLong": 0 ... .max,
        namespace + "unsignedInt": 0...Int64(UInt32.max), namespace + "unsignedShort": 0...65_535,
        namespace + "unsignedByte": 0...255,
    ]
    static let numbers: Set<String> = [decimal, namespace + "double", namespace + "float"]
}
