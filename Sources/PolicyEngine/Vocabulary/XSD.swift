/// The data types of XML Schema 1.1 Part 2 that right operands may have.
enum XSD {
    static let namespace = "http://www.w3.org/2001/XMLSchema#"
    static let string = namespace + "string"
    static let anyURI = namespace + "anyURI"
    static let dateTime = namespace + "dateTime"
    static let date = namespace + "date"
    static let duration = namespace + "duration"
}
