import Model

/// What an assembler works with: kept from block to block, of no meaning for what is sent.
struct RowWorkshop: Sendable {
    var window: PlainWindow
    /// Where the first invalid UTF-8 of the window lies, in it; beyond its end if there is none.
    var validEnd = Int.max
    private(set) var encoder: RowEncoder
    /// The row that was encoded last.
    private(set) var encoded: SingleRow
    private var record = [UInt8](repeating: 0, count: 4 * RowEncoder.maximumRowBytes)
    var plans: ReleasePlans
    /// For which plan the encoder is set up.
    private var place: Int?
    /// Whether rows are taken that need no scanner.
    let takesPlain: Bool
    let question: ReleaseQuestion
    let nullMarkers: NullMarkers
    /// Of the dataset's fields, the one that holds the owner key.
    let ownerField: Int?
    let format: FileFormat
    let fields: [Field]

    init(
        _ question: ReleaseQuestion, _ shape: ConnectedShape, ownerField: Int?,
        variant: StructureScan.Variant?
    ) {
        self.question = question
        self.ownerField = ownerField
        window = PlainWindow(variant: variant ?? .best)
        takesPlain = variant != nil
        plans = ReleasePlans(question)
        nullMarkers = NullMarkers(shape.nullValues)
        encoder = question.encoder(nullMarkers)
        encoded = SingleRow(fieldCount: question.relevant.count)
        format = shape.format
        fields = shape.fields
    }

    /// Turns to another filter, where a number may mean another set.
    mutating func turn() {
        plans.turn()
        place = nil
    }

    /// Makes room for plans. Places of before mean nothing then.
    mutating func makeRoom() {
        guard plans.isFull else { return }
        plans.clear()
        place = nil
    }

    /// Encodes the row that stands in a scanner, of which each field has its cell.
    /// - Returns: what is wrong with it.
    mutating func encode<Row: ScannedRow>(_ row: Row, _ place: Int) -> BadLine? {
        turn(to: place)
        if let bad = encoder.encodeFields(row) { return bad }
        let record = encoder.record
        encoded.take(record.span)
        return nil
    }

    /// The same for a plain row; false if it is the scanner's.
    mutating func encode(
        _ row: PlainRow, _ text: Span<UInt8>, _ cells: Span<UInt32>, _ place: Int
    ) -> Bool {
        let fields = plans[place].plainFields
        // Out of `self`, so that it can be written to while the encoder is used.
        var record = record
        self.record = []
        defer { self.record = record }
        var output = record.mutableSpan
        guard let found = encoder.encodePlain(row, text, cells, fields.span, into: &output, at: 0) else {
            return false
        }
        encoded.take(record.span.extracting(0..<found.end))
        return true
    }

    private mutating func turn(to next: Int) {
        guard place != next else { return }
        encoder.turn(to: plans[next].cells)
        place = next
    }
}
