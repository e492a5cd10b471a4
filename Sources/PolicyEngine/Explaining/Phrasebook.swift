/// The words of an explanation in one language.
struct Phrasebook {
    let language: Language

    private func pick(_ nl: String, _ fr: String, _ de: String, _ en: String) -> String {
        language.pick(nl, fr, de, en)
    }

    var anyone: String { pick("Iedereen", "Chacun", "Jeder", "Anyone") }
    var anything: String { pick("alles", "tout", "alles", "anything") }
    var and: String { pick("en", "et", "und", "and") }
    var or: String { pick("of", "ou", "oder", "or") }

    // MARK: Rules

    func permission(_ party: String, _ action: String, _ target: String) -> String {
        pick(
            "\(party) mag \(target) \(action)",
            target == anything ? "\(party) peut tout \(action)" : "\(party) peut \(action) \(target)",
            "\(party) darf \(target) \(action)", "\(party) may \(action) \(target)")
    }

    /// - Parameters:
    ///   - party: nil for everybody.
    ///   - target: nil for everything.
    func prohibition(_ party: String?, _ action: String, _ target: String?) -> String {
        switch (party, target) {
        case (let party?, let target?):
            pick(
                "\(party) mag \(target) niet \(action)", "\(party) ne peut pas \(action) \(target)",
                "\(party) darf \(target) nicht \(action)", "\(party) may not \(action) \(target)")
        case (let party?, nil):
            pick(
                "\(party) mag niets \(action)", "\(party) ne peut rien \(action)",
                "\(party) darf nichts \(action)", "\(party) may not \(action) anything")
        case (nil, let target):
            pick(
                "Niemand mag \(target ?? "iets") \(action)",
                "Personne ne peut \(action) \(target ?? "quoi que ce soit")",
                "Niemand darf \(target ?? "etwas") \(action)", "Nobody may \(action) \(target ?? "anything")")
        }
    }

    func members(of party: String) -> String {
        pick(
            "elk lid van \(party)", "chaque membre de \(party)", "jedes Mitglied von \(party)",
            "each member of \(party)")
    }

    func parts(of asset: String) -> String {
        pick(
            "wat deel is van \(asset)", "ce qui fait partie de \(asset)", "was zu \(asset) gehört",
            "what is part of \(asset)")
    }

    /// How a rule is told whose action nobody understands.
    var unknownAction: String {
        pick(
            "op onbekende wijze gebruiken",
            "utiliser (d'une manière inconnue)",
            "auf unbekannte Weise nutzen", "use (in an unknown way)")
    }

    func by(_ parties: String) -> String {
        pick("door \(parties)", "par \(parties)", "durch \(parties)", "by \(parties)")
    }

    func to(_ payees: String) -> String {
        pick("aan \(payees)", "à \(payees)", "an \(payees)", "to \(payees)")
    }

    /// What stands between a rule and what is owed with it.
    var separator: String { pick("; ", " ; ", "; ", "; ") }

    func consequence(_ names: String) -> String {
        pick(
            "wie te laat is, moet ook: \(names)", "qui est en retard doit aussi : \(names)",
            "wer zu spät ist, muss auch: \(names)", "whoever is late must also: \(names)")
    }

    func condition(_ conditions: [String]) -> String {
        let isOne = conditions.count == 1
        // Clauses after "als" and "wenn" would need their verbs at the end.
        let lead = pick(
            isOne ? "op deze voorwaarde:" : "onder deze voorwaarden:", "si",
            isOne ? "unter dieser Bedingung:" : "unter diesen Bedingungen:", "if")
        let all = conditions.joined(separator: " \(and) ")
        return language == .french && all.hasPrefix("il ") ? "s'" + all : lead + " " + all
    }

    func duty(_ name: String) -> String {
        pick(
            "vooraf moet dit gebeurd zijn: \(name)", "ceci doit être fait avant : \(name)",
            "vorher muss dies geschehen sein: \(name)", "before that, this must be done: \(name)")
    }

    func obligation(_ name: String) -> String {
        pick(
            "Na de toegang geldt de plicht: \(name)", "Après l'accès, il faut : \(name)",
            "Nach dem Zugriff gilt die Pflicht: \(name)", "After access this must be done: \(name)")
    }

    func remedy(_ name: String) -> String {
        pick(
            "wie het toch doet, moet: \(name)", "qui le fait quand même doit : \(name)",
            "wer es trotzdem tut, muss: \(name)", "whoever does it all the same must: \(name)")
    }

    // MARK: Policies

    func header(_ kind: PolicyKind, _ uid: String, _ assigner: String?) -> String {
        let by = assigner.map { pick(" van \($0)", " de \($0)", " von \($0)", " by \($0)") } ?? ""
        return switch kind {
        case .set:
            pick(
                "Regels \(uid)\(by): zij gelden zonder meer.",
                "Règles \(uid)\(by) : elles valent par elles-mêmes.",
                "Regeln \(uid)\(by): sie gelten für sich.", "Rules \(uid)\(by): they hold by themselves.")
        case .offer:
            pick(
                "Aanbod \(uid)\(by): de voorwaarden voor aanvragen; het geeft zelf geen toegang.",
                "Offre \(uid)\(by) : les conditions des demandes ; elle ne donne pas accès par elle-même.",
                "Angebot \(uid)\(by): die Bedingungen für Anfragen; es gibt selbst keinen Zugang.",
                "Offer \(uid)\(by): the terms for requests; by itself it grants nothing.")
        case .agreement:
            pick(
                "Overeenkomst \(uid)\(by).", "Accord \(uid)\(by).", "Vereinbarung \(uid)\(by).",
                "Agreement \(uid)\(by).")
        }
    }

    func strategy(_ strategy: ConflictStrategy) -> String {
        switch strategy {
        case .perm:
            pick(
                "Waar een toelating en een verbod samenkomen, geldt de toelating.",
                "Là où une permission et une interdiction se rencontrent, la permission l'emporte.",
                "Wo Erlaubnis und Verbot zusammentreffen, gilt die Erlaubnis.",
                "Where a permission and a prohibition meet, the permission wins.")
        case .prohibit, .invalid:
            pick(
                "Waar een toelating en een verbod samenkomen, geldt het verbod.",
                "Là où une permission et une interdiction se rencontrent, l'interdiction l'emporte.",
                "Wo Erlaubnis und Verbot zusammentreffen, gilt das Verbot.",
                "Where a permission and a prohibition meet, the prohibition wins.")
        }
    }

    var everythingElse: String {
        pick(
            "Wat niet is toegestaan, is geweigerd.", "Ce qui n'est pas permis est refusé.",
            "Was nicht erlaubt ist, ist verweigert.", "What is not permitted is refused.")
    }

    func unknown(_ unknown: Unknown) -> String {
        let name = unknown.subject.map { " `\($0)`" } ?? ""
        let what = "\(part(unknown.code))\(name) (`\(unknown.path)`)"
        return pick(
            "Niet begrepen, en dus nooit reden voor toegang: \(what).",
            "Pas compris, et donc jamais une raison de donner accès : \(what).",
            "Nicht verstanden, und daher nie ein Grund für Zugang: \(what).",
            "Not understood, and so never a reason for access: \(what).")
    }

    var notUnderstood: String {
        pick(
            "een voorwaarde geldt die niet begrepen wordt",
            "une condition est remplie qui n'est pas comprise",
            "eine Bedingung gilt, die nicht verstanden wird", "a condition holds that is not understood")
    }

    func alternatives(_ parts: [String], exactlyOne: Bool) -> String {
        let lead =
            exactlyOne
            ? pick(
                "precies één van deze geldt", "exactement une de celles-ci vaut", "genau eine davon gilt",
                "exactly one of these holds")
            : pick(
                "ten minste één van deze geldt", "au moins une de celles-ci vaut",
                "mindestens eine davon gilt", "at least one of these holds")
        return lead + pick(": ", " : ", ": ", ": ") + parts.joined(separator: " \(or) ")
    }
}
