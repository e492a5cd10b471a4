import ArgumentParser
import Model
import PolicyEngine

/// Reads texts of the command line; what it throws, the library says with the name of the option.
enum ArgumentReader {
    @Sendable static func slug(_ text: String) throws -> Slug {
        try require(Slug(text), "expected \(Slug.expectation)")
    }

    @Sendable static func person(_ text: String) throws -> PersonID { try identifier(text) }
    @Sendable static func request(_ text: String) throws -> RequestID { try identifier(text) }
    @Sendable static func agreement(_ text: String) throws -> AgreementID { try identifier(text) }
    @Sendable static func grant(_ text: String) throws -> GrantID { try identifier(text) }

    /// An organisation or a person.
    @Sendable static func owner(_ text: String) throws -> Owner {
        try require(Owner(text), "expected an organisation's id or a person's lower-case UUIDv7")
    }

    /// Names separated by commas, none empty, none twice.
    @Sendable static func names(_ text: String) throws -> [String] {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.allSatisfy({ !$0.isEmpty }) else {
            throw fault("expected names separated by commas, such as a,b")
        }
        guard Set(names).count == names.count else { throw fault("a name is given twice") }
        return names
    }

    @Sendable static func roles(_ text: String) throws -> [Organisation.Role] {
        let known = Organisation.Role.allCases.map(\.rawValue).joined(separator: ", ")
        return try names(text).map {
            try require(Organisation.Role(rawValue: $0), "expected some of \(known)")
        }
    }

    @Sendable static func personRole(_ text: String) throws -> Person.Role { try word(text) }
    @Sendable static func legalBasis(_ text: String) throws -> LegalBasis { try word(text) }

    @Sendable static func time(_ text: String) throws -> Instant {
        try require(Instant(text), "expected an RFC 3339 time such as 2027-01-31T12:00:00Z")
    }

    @Sendable static func retention(_ text: String) throws -> RetentionPeriod {
        try require(RetentionPeriod(text), "expected a duration such as P90D")
    }

    /// An IRI: a scheme, a colon, and something without spaces.
    @Sendable static func purpose(_ text: String) throws -> Purpose {
        let parts = text.split(separator: ":", maxSplits: 1)
        let isIRI =
            parts.count == 2 && parts[0].utf8.first.map { $0 | 0x20 }.map { (97...122).contains($0) } == true
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && !$0.properties.isWhitespace }
        return try require(
            isIRI ? Purpose(text) : nil, "expected an IRI such as https://w3id.org/dpv#Purpose")
    }

    /// A text that is not empty.
    @Sendable static func text(_ text: String) throws -> String {
        try require(text.isEmpty ? nil : text, "expected a text")
    }

    private static func identifier<Subject>(_ text: String) throws -> Identifier<Subject> {
        try require(Identifier<Subject>(text), "expected a lower-case UUIDv7")
    }

    /// One of a few words.
    static func word<Word: RawRepresentable<String> & CaseIterable>(_ text: String) throws -> Word {
        let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
        return try require(Word(rawValue: text), "expected one of \(known)")
    }

    private static func require<Value>(_ value: Value?, _ expectation: String) throws -> Value {
        guard let value else { throw fault(expectation) }
        return value
    }

    private static func fault(_ message: String) -> ValidationError { ValidationError(message) }
}
