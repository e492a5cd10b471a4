/// How many rows lie in each period of the divided keys of a version.
struct PeriodRows: Sendable {
    /// By ordinal, from the first that is a period's.
    private var counts: [UInt32]
    /// The ordinals with which an owner is counted: of those of one period of a key, which are of the same
    /// owner, the newest with rows. If any of them is released that one is.
    private var owning = OrdinalSet()

    init(of version: StoredVersion, _ table: PeriodTable) {
        counts = [UInt32](repeating: 0, count: table.ordinalCount - table.storedCount)
        for segment in version.segments {
            for block in 0..<segment.blocks.count
            where table.divided.contains(anyOf: segment.blocks.entries[block].owners) {
                let layout = segment.blocks.layout(block)
                try? segment.withBlock(block) { count($0, layout, table) }
            }
        }
        // Of a key the newest has the highest number; the periods of its ordinals come in the same order.
        var seen: Set<UInt64> = []
        for place in table.places.reversed() {
            for (period, ordinal) in place.ordinals.enumerated() {
                let index = ordinal - UInt32(table.storedCount)
                guard counts[Int(index)] > 0,
                    seen.insert(UInt64(place.key) << 32 | UInt64(period)).inserted
                else { continue }
                owning.insert(index)
            }
        }
    }

    /// Of all periods.
    var total: Int { counts.reduce(0) { $0 + Int($1) } }

    /// How many owners have rows, each period of a key counted as one.
    var owners: Int { owning.count }

    func count(_ index: Int) -> Int { Int(counts[index]) }

    func countsOwner(_ index: Int) -> Bool { owning.contains(UInt32(index)) }

    private mutating func count(_ block: Span<UInt8>, _ layout: BlockLayout, _ table: PeriodTable) {
        var row = 0
        for number in 0..<layout.runs {
            let end = layout.runEnd(block, number)
            if let place = table.place(of: layout.runOwner(block, number)) {
                while row < end {
                    let run = table.run(row..<end, under: place, block, layout)
                    if run.owner != OwnerDictionary.nobody {
                        counts[Int(run.owner) - table.storedCount] += UInt32(run.end - row)
                    }
                    row = run.end
                }
            }
            row = end
        }
    }
}
