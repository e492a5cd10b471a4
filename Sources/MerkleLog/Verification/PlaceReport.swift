/// What one place of the lowest level holds, and the first thing that is wrong with it.
///
/// It is small whatever the entries are: leaves are kept only where the tree needs them one by one.
struct PlaceReport: Sendable {
    enum Finding: Sendable {
        case failure(LogFailure)
        /// A tile and the entries disagree; which is wrong, the signed root tells.
        case tile(LogSource.Difference)
        /// An entry is not what an entry must be.
        case entry(position: Int, String)
    }

    let index: UInt64
    /// The file that the leaves are from: the bundle, or the tile where entries are not read.
    var path: TilePath?
    /// The root over 256 leaves; nil if there are fewer.
    var root: TreeHash?
    /// Empty for a full place that nothing cuts.
    var leaves: [TreeHash] = []
    /// The first entry with a number, among those before the finding.
    var firstNumber: (position: Int, value: Int64)?
    /// The last number among those before the finding.
    var lastNumber: Int64?
    /// The last statement of a pruning that is looked for, among the entries before the finding: a log that
    /// follows another one carries those of that one too, before its own.
    var statement: PruningStatement?
    var finding: Finding?

    init(index: UInt64) { self.index = index }
}
