/// Which segments of a version to make one.
///
/// From the first on that is not much larger than all behind it together: so a row is written a few times at
/// most however often a little is added, and a version has a few segments at most.
enum MergePlan {
    private static let ratio = 4

    /// - Parameter rows: of each segment, in order.
    /// - Returns: a range of at least two, up to the end; nil if there is nothing to merge.
    static func range(rows: [Int]) -> Range<Int>? {
        var behind = rows.reduce(0, +)
        for (index, count) in rows.enumerated() {
            behind -= count
            if index < rows.count - 1, count <= ratio * behind { return index..<rows.count }
        }
        return nil
    }
}
