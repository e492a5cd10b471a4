/// From which policies a policy takes rules (ODRL Information Model 2.2 section 2.8).
enum Inheritance {
    /// The policy and everything that it inherits from, each once; and what of that is not there.
    ///
    /// A parent that is missing might forbid anything, so its child permits nothing.
    static func family(of policy: Policy, among policies: [Policy]) -> ([Policy], [Unknown]) {
        var family: [Policy] = []
        var unknowns: [Unknown] = []
        var seen: Set<String> = []
        var waiting = [policy]
        let byUID = Dictionary(policies.map { ($0.uid, $0) }) { first, _ in first }
        while let next = waiting.popLast() {
            guard seen.insert(next.uid).inserted else { continue }
            family.append(next)
            for parent in next.parents {
                if let parent = byUID[parent] {
                    waiting.append(parent)
                } else {
                    unknowns.append(
                        Unknown(
                            code: "parent_unknown", path: next.path.appending("inheritFrom").description,
                            message:
                                "the document has no readable parent policy `\(brief(parent))`",
                            subject: parent)
                    )
                }
            }
        }
        return (family, unknowns)
    }
}
