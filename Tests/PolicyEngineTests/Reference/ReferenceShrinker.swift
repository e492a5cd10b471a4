import Model

/// Takes away from a case whatever it can while something stays true of it, so that a failure is short
/// enough to read.
enum ReferenceShrinker {
    static func shrink(_ sample: ReferenceCase, while holds: (ReferenceCase) -> Bool) -> ReferenceCase {
        var least = sample
        for part in [\ReferenceCase.policies, \.request, \.state] {
            var path: [Int]? = []
            while let place = path {
                var smaller = least
                if let cut = cut(least[keyPath: part], place[...]) {
                    smaller[keyPath: part] = cut
                    if holds(smaller) {
                        least = smaller
                        continue
                    }
                }
                path = next(after: place, in: least[keyPath: part])
            }
        }
        return least
    }

    private static func children(_ json: JSON) -> [JSON] {
        switch json {
        case .object(let members): names(members).compactMap { members[$0] }
        case .array(let elements): elements
        default: []
        }
    }

    /// Contexts stay: without them names mean something else.
    private static func names(_ members: [String: JSON]) -> [String] {
        members.keys.filter { $0 != "@context" }.sorted()
    }

    private static func child(_ json: JSON, _ path: ArraySlice<Int>) -> JSON? {
        guard let first = path.first else { return json }
        let children = children(json)
        return first < children.count ? child(children[first], path.dropFirst()) : nil
    }

    /// The next place, outer ones before inner ones.
    private static func next(after path: [Int], in json: JSON) -> [Int]? {
        if let here = child(json, path[...]), !children(here).isEmpty { return path + [0] }
        var path = path
        while let last = path.popLast() {
            if child(json, path[...]).map({ last + 1 < children($0).count }) == true {
                return path + [last + 1]
            }
        }
        return nil
    }

    /// The document without what stands at `path`; nil if nothing does.
    private static func cut(_ json: JSON, _ path: ArraySlice<Int>) -> JSON? {
        guard let first = path.first, first < children(json).count else { return nil }
        let inner = cut(children(json)[first], path.dropFirst())
        // What is emptied means something else than what is left out.
        guard path.count == 1 || inner.map({ !children($0).isEmpty }) == true else { return nil }
        switch json {
        case .object(var members):
            members[names(members)[first]] = inner
            return .object(members)
        case .array(var elements):
            elements.replaceSubrange(first...first, with: inner.map { [$0] } ?? [])
            return .array(elements)
        default: return nil
        }
    }
}
