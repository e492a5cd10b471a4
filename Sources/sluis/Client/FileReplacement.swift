import Glibc

/// Puts one file in the place of another in one step, which Foundation cannot.
enum FileReplacement {
    /// - Returns: false if it failed; then both are as they were.
    static func replace(_ path: String, with other: String) -> Bool { unsafe rename(other, path) == 0 }
}
