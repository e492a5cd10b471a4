/// Ends the program with status 1: what was to be verified was not.
struct NotVerified: Error, CustomStringConvertible {
    let description: String
}
