/// Something that went as it should and ended with no: not verified, cut, refused. Ends the program with
/// status 1.
struct Refusal: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Whoever read our output has closed it, as `head` does. Not an error of ours: the program ends without a
/// word.
struct OutputClosed: Error {}
