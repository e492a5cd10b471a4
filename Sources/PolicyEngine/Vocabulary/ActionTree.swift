/// What is part of what among actions: ODRL's own and those that documents declare.
struct ActionTree: Hashable, Sendable {
    /// Actions that documents declare, beside ODRL's.
    var declared: [String: DeclaredAction] = [:]

    /// Whether the action means something: one that does not may mean anything, reading included.
    func isKnown(_ action: String) -> Bool {
        isRooted(action) && (declared.isEmpty || implied(by: action).allSatisfy(isRooted))
    }

    /// Whether doing `asked` falls under a rule on `named`.
    ///
    /// A rule on a broader action covers its parts. `write` and its kin are older names of `modify`.
    func covers(_ named: String, _ asked: String) -> Bool { broader(than: asked).contains(named) }

    /// Whether doing `asked` might do what a prohibition on `named` forbids: everything that `asked` covers
    /// or implies counts too.
    func touches(_ named: String, _ asked: String) -> Bool {
        if covers(named, asked) { return true }
        return implied(by: asked).contains { covers(named, $0) }
    }

    /// The action itself, its older or newer names, and everything that they are part of.
    func broader(than action: String) -> Set<String> {
        var found: Set<String> = []
        var waiting = [action]
        while let next = waiting.popLast(), found.count <= Self.maximumSteps {
            guard found.insert(next).inserted else { continue }
            waiting += Self.parents[next] ?? []
            waiting += Self.synonyms[next] ?? []
            waiting += declared[next]?.includedIn ?? []
        }
        return found
    }

    private func implied(by action: String) -> Set<String> {
        var found: Set<String> = []
        var waiting = declared[action]?.implies ?? []
        while let next = waiting.popLast(), found.count <= Self.maximumSteps {
            guard found.insert(next).inserted else { continue }
            waiting += declared[next]?.implies ?? []
        }
        return found
    }

    /// Rings of declarations end.
    private static let maximumSteps = 256

    /// Whether what it is part of is known; a declared action has its meaning from there.
    private func isRooted(_ action: String) -> Bool {
        if Self.isOwn(action) { return true }
        let broader = broader(than: action)
        return broader.contains(where: Self.isOwn)
            && broader.allSatisfy { declared[$0]?.isUnderstood ?? Self.isOwn($0) }
    }

    private static func isOwn(_ action: String) -> Bool {
        parents[action] != nil || action.hasPrefix(SluisProfile.authorizationAction)
    }

    // MARK: ODRL's own

    /// The local names of ODRL's actions.
    static let names = parts.values.flatMap { $0 }

    /// Action -> the action that it is part of (`includedIn`; Vocabulary 2.2 section 3.3, appendix included).
    private static let parents: [String: [String]] = {
        var parents: [String: [String]] = [:]
        for (parent, children) in parts {
            for child in children { parents[ODRL.term(child)] = parent.isEmpty ? [] : [ODRL.term(parent)] }
        }
        for name in [
            "Attribution", "CommericalUse", "CommercialUse", "DerivativeWorks", "Distribution", "Notice",
            "Reproduction", "ShareAlike", "Sharing", "SourceCode",
        ] {
            parents["http://creativecommons.org/ns#" + name] = [ODRL.use]
        }
        return parents
    }()

    private static let parts: [String: [String]] = [
        "": ["use", "transfer"],
        "transfer": ["give", "sell"],
        "use": [
            "acceptTracking", "aggregate", "annotate", "anonymize", "archive", "attribute", "compensate",
            "concurrentUse", "delete", "derive", "digitize", "distribute", "ensureExclusivity", "execute",
            "grantUse", "include", "index", "inform", "install", "modify", "move", "nextPolicy",
            "obtainConsent", "play", "present", "print", "read", "reproduce", "reviewPolicy", "stream",
            "synchronize",
            "textToSpeech", "transform", "translate", "uninstall", "watermark",
            // Older names, kept by the vocabulary as deprecated.
            "append", "appendTo", "write", "writeTo", "copy", "commercialize", "export", "preview",
            "secondaryUse", "share", "shareAlike", "attachPolicy", "attachSource", "adHocShare", "lease",
            "lend", "license", "pay",
        ],
        "play": ["display"],
        "reproduce": ["extract"],
        "extract": ["extractChar", "extractPage", "extractWord"],
    ]

    /// Older names and the ones that they now have, both ways (`skos:exactMatch`).
    private static let synonyms: [String: [String]] = {
        var synonyms: [String: [String]] = [:]
        let commons = "http://creativecommons.org/ns#"
        let pairs = [
            ("write", "modify"), ("writeTo", "modify"), ("append", "modify"), ("appendTo", "modify"),
            ("copy", "reproduce"), ("pay", "compensate"), ("export", "transform"), ("license", "grantUse"),
        ]
        let licences = [
            ("attachPolicy", "Notice"), ("attachSource", "SourceCode"), ("commercialize", "CommercialUse"),
            ("share", "Sharing"), ("shareAlike", "ShareAlike"),
        ]
        for (old, new) in pairs.map({ (ODRL.term($0), ODRL.term($1)) })
            + licences.map({ (ODRL.term($0), commons + $1) })
        {
            synonyms[old, default: []].append(new)
            synonyms[new, default: []].append(old)
        }
        return synonyms
    }()
}
