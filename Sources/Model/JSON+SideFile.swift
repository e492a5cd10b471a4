extension JSON {
    /// Of an entry: the name of the side file that it commits to, if it commits to one.
    ///
    /// That is its own stream, or the one that `side` names: answers with the same rows under the same epoch
    /// share a file. Nil too for what could not be a name: nothing else in an entry must become a path.
    public var sideFileName: String? {
        guard let name = self["side"]?.string ?? self["stream"]?.string, !name.isEmpty,
            Base64.decodeURL(name) != nil
        else { return nil }
        return name
    }
}
