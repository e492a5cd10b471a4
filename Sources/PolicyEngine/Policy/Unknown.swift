/// A part of a policy that is not understood.
///
/// It is kept, never dropped: a permission that holds one is not satisfied, and a prohibition that holds one
/// stays in force. What other engines skip, they count as true.
struct Unknown: Hashable, Sendable {
    /// The code of the reason, such as `operator_unknown`.
    var code: String
    /// JSON path inside the document.
    var path: String
    /// What is not understood, lower case, input in backticks.
    var message: String
    /// What of the policy it is about, where that has a name.
    var subject: String?
}

extension Unknown {
    static func type(_ name: String, _ path: DocumentPath) -> Unknown {
        Unknown(
            code: "type_unknown", path: path.description,
            message: "type `\(brief(name))` is not understood here", subject: name)
    }

    static func reference(_ iri: String, _ path: DocumentPath) -> Unknown {
        Unknown(
            code: "reference_unknown", path: path.description,
            message: iri.isEmpty
                ? "what has no IRI is not understood"
                : "the document says nothing of `\(brief(iri))`; nothing is fetched, so state it in place",
            subject: iri.isEmpty ? nil : iri)
    }

    static func action(_ text: String, _ path: DocumentPath) -> Unknown {
        Unknown(
            code: "action_unknown", path: path.description,
            message: text.isEmpty
                ? "the rule names no action" : "action `\(brief(text))` is not understood",
            subject: text.isEmpty ? nil : text)
    }

    static func incomplete(_ name: String, _ path: DocumentPath) -> Unknown {
        Unknown(
            code: "constraint_incomplete", path: path.description,
            message: "the constraint has not one `\(name)`", subject: name)
    }
}

/// Input quoted back in messages: never more of it than a person would read.
func brief(_ text: String) -> String {
    guard text.utf8.count > 120 else { return text }
    let scalars = text.unicodeScalars
    return scalars.count <= 120 ? text : String(String.UnicodeScalarView(scalars.prefix(117))) + "..."
}
