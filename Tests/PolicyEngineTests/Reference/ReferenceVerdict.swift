/// What a naive reading makes of one part of a policy: true, false or, with nil, unknown.
///
/// A value that nobody gives is unknown for this request; a part that is not understood is unknown for every
/// request. Only a permission tells them apart: it needs all of its parts to be understood.
struct ReferenceVerdict: Equatable {
    var holds: Bool?
    var isUnderstood = true

    static let notUnderstood = ReferenceVerdict(holds: nil, isUnderstood: false)

    init(_ holds: Bool?) { self.holds = holds }

    private init(holds: Bool?, isUnderstood: Bool) {
        self.holds = holds
        self.isUnderstood = isUnderstood
    }

    static func all(_ parts: [ReferenceVerdict]) -> ReferenceVerdict {
        ReferenceVerdict(holds: every(parts.map(\.holds)), isUnderstood: parts.allSatisfy(\.isUnderstood))
    }

    static func any(_ parts: [ReferenceVerdict]) -> ReferenceVerdict {
        ReferenceVerdict(holds: some(parts.map(\.holds)), isUnderstood: parts.allSatisfy(\.isUnderstood))
    }

    static func exactlyOne(_ parts: [ReferenceVerdict]) -> ReferenceVerdict {
        let sure = parts.count { $0.holds == true }
        let open = parts.contains { $0.holds == nil }
        let holds: Bool? = sure > 1 ? false : open ? nil : sure == 1
        return ReferenceVerdict(holds: holds, isUnderstood: parts.allSatisfy(\.isUnderstood))
    }

    /// Conjunction and disjunction of Kleene's three-valued logic.
    static func every(_ values: [Bool?]) -> Bool? {
        values.contains(false) ? false : values.contains(nil) ? nil : true
    }

    static func some(_ values: [Bool?]) -> Bool? {
        values.contains(true) ? true : values.contains(nil) ? nil : false
    }
}
