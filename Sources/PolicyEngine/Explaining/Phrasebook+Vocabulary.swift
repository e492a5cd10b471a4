extension Phrasebook {
    /// An action as a verb.
    func action(_ iri: String) -> String {
        guard let verbs = Self.actions[IRI.localName(iri)], iri.hasPrefix(ODRL.namespace) else {
            return "`\(brief(iri.hasPrefix(ODRL.namespace) ? IRI.localName(iri) : iri))`"
        }
        return language.pick(verbs[0], verbs[1], verbs[2], verbs[3])
    }

    private static let actions: [String: [String]] = [
        "use": ["gebruiken", "utiliser", "nutzen", "use"],
        "transfer": ["overdragen", "transférer", "übertragen", "transfer"],
        "read": ["lezen", "lire", "lesen", "read"],
        "modify": ["wijzigen", "modifier", "ändern", "modify"],
        "delete": ["wissen", "effacer", "löschen", "delete"],
        "distribute": ["verspreiden", "distribuer", "verbreiten", "distribute"],
        "sell": ["verkopen", "vendre", "verkaufen", "sell"],
        "give": ["weggeven", "donner", "weggeben", "give away"],
        "print": ["afdrukken", "imprimer", "drucken", "print"],
        "display": ["tonen", "afficher", "anzeigen", "display"],
        "play": ["afspelen", "jouer", "abspielen", "play"],
        "present": ["vertonen", "présenter", "vorführen", "present"],
        "reproduce": ["kopiëren", "reproduire", "vervielfältigen", "reproduce"],
        "derive": ["bewerken", "dériver", "ableiten", "derive from"],
        "aggregate": ["samenvoegen", "agréger", "zusammenfassen", "aggregate"],
        "anonymize": ["anonimiseren", "anonymiser", "anonymisieren", "anonymise"],
        "archive": ["archiveren", "archiver", "archivieren", "archive"],
        "attribute": ["de bron vermelden", "citer la source", "die Quelle nennen", "name the source"],
        "compensate": ["betalen", "payer", "bezahlen", "pay"],
        "inform": ["informeren", "informer", "informieren", "inform"],
        "obtainConsent": [
            "toestemming vragen", "obtenir le consentement", "Einwilligung einholen", "obtain consent",
        ],
    ]

    /// An operand as a noun with its article.
    func operand(_ operand: LeftOperand) -> String {
        let known: KnownOperand
        switch operand {
        case .known(let operand): known = operand
        case .property(let entity, let name): return property(entity, name)
        }
        guard let nouns = Self.operands[known] else { return "`\(brief(operand.name))`" }
        return language.pick(nouns[0], nouns[1], nouns[2], nouns[3])
    }

    private func property(_ entity: LeftOperand.Entity, _ name: String) -> String {
        let owner =
            switch entity {
            case .subject:
                language.pick("van wie vraagt", "de qui demande", "dessen, der anfragt", "of whoever asks")
            case .resource:
                language.pick(
                    "van wat gevraagd wordt", "de ce qui est demandé", "dessen, was angefragt wird",
                    "of what is asked")
            case .action: language.pick("van de handeling", "de l'action", "der Handlung", "of the action")
            case .context: language.pick("van de context", "du contexte", "des Kontexts", "of the context")
            }
        return language.pick("de eigenschap", "la propriété", "die Eigenschaft", "the property")
            + " `\(brief(name))` " + owner
    }

    /// A part of a policy, by the code with which it is told that nobody understands it.
    func part(_ code: String) -> String {
        let nouns =
            Self.parts[code] ?? ["een deel", "une partie", "ein Teil", "a part"]
        return language.pick(nouns[0], nouns[1], nouns[2], nouns[3])
    }

    private static let parts: [String: [String]] = [
        "action_unknown": ["de handeling", "l'action", "die Handlung", "the action"],
        "constraint_incomplete": [
            "een voorwaarde met geen of meer dan één", "une condition avec aucun ou plusieurs",
            "eine Bedingung mit keinem oder mehreren", "a constraint with none or several of",
        ],
        "left_operand_unknown": [
            "de linkeroperand", "l'opérande de gauche", "der linke Operand", "the left operand",
        ],
        "operator_unknown": ["de operator", "l'opérateur", "der Operator", "the operator"],
        "right_operand_unknown": [
            "de rechteroperand", "l'opérande de droite", "der rechte Operand", "the right operand",
        ],
        "data_type_unknown": ["het gegevenstype", "le type de données", "der Datentyp", "the data type"],
        "unit_unknown": ["de eenheid", "l'unité", "die Einheit", "the unit"],
        "type_unknown": ["het type", "le type", "der Typ", "the type"],
        "reference_unknown": ["de verwijzing", "la référence", "der Verweis", "the reference"],
        "property_unknown": ["de eigenschap", "la propriété", "die Eigenschaft", "the property"],
        "parent_unknown": [
            "de regels geërfd van", "les règles héritées de", "die geerbten Regeln von",
            "the rules inherited from",
        ],
        "profile_unknown": ["het profiel", "le profil", "das Profil", "the profile"],
        "conflict_unknown": [
            "de conflictregel", "la règle de conflit", "die Konfliktregel", "the conflict strategy",
        ],
        "context_unknown": ["de context", "le contexte", "der Kontext", "the context"],
    ]

    private static let operands: [KnownOperand: [String]] = [
        .purpose: ["het doel", "la finalité", "der Zweck", "the purpose"],
        .dateTime: ["het tijdstip", "le moment", "der Zeitpunkt", "the time"],
        .recipient: ["de ontvanger", "le destinataire", "der Empfänger", "the recipient"],
        .field: ["elk gevraagd veld", "chaque champ demandé", "jedes angefragte Feld", "each field asked"],
        .legalBasis: ["de rechtsgrond", "la base légale", "die Rechtsgrundlage", "the legal basis"],
        .owner: ["de eigenaar", "le propriétaire", "der Eigentümer", "the owner"],
        .count: ["het aantal keren", "le nombre de fois", "die Anzahl der Male", "the number of times"],
        .countInHour: [
            "het aantal keren in het uur", "le nombre de fois dans l'heure",
            "die Anzahl der Male in der Stunde",
            "the number of times in the hour",
        ],
        .countInDay: [
            "het aantal keren op de dag", "le nombre de fois dans la journée", "die Anzahl der Male am Tag",
            "the number of times in the day",
        ],
        .countInWeek: [
            "het aantal keren in de week", "le nombre de fois dans la semaine",
            "die Anzahl der Male in der Woche", "the number of times in the week",
        ],
        .countInMonth: [
            "het aantal keren in de maand", "le nombre de fois dans le mois", "die Anzahl der Male im Monat",
            "the number of times in the month",
        ],
        .countInYear: [
            "het aantal keren in het jaar", "le nombre de fois dans l'année", "die Anzahl der Male im Jahr",
            "the number of times in the year",
        ],
        .elapsedTime: [
            "de verstreken tijd", "le temps écoulé", "die verstrichene Zeit", "the elapsed time",
        ],
        .meteredTime: ["de gemeten tijd", "le temps mesuré", "die gemessene Zeit", "the metered time"],
        .timeInterval: ["de tussentijd", "l'intervalle", "der Zeitabstand", "the interval"],
        .delayPeriod: ["de wachttijd", "le délai", "die Wartezeit", "the delay"],
        .percentage: ["het percentage", "le pourcentage", "der Prozentsatz", "the percentage"],
        .dayOfWeek: ["de weekdag", "le jour de la semaine", "der Wochentag", "the day of the week"],
        .fileFormat: ["het bestandsformaat", "le format de fichier", "das Dateiformat", "the file format"],
        .industry: ["de sector", "le secteur", "die Branche", "the industry"],
        .event: ["de gebeurtenis", "l'événement", "das Ereignis", "the event"],
        .version: ["de versie", "la version", "die Version", "the version"],
        .retention: [
            "de bewaartermijn", "la durée de conservation", "die Aufbewahrungsfrist",
            "the retention period",
        ],
        .spatial: ["de plaats", "le lieu", "der Ort", "the place"],
        .payAmount: ["het bedrag", "le montant", "der Betrag", "the amount"],
        .language: ["de taal", "la langue", "die Sprache", "the language"],
        .resolution: ["de resolutie", "la résolution", "die Auflösung", "the resolution"],
        .deliveryChannel: [
            "het leveringskanaal", "le canal de livraison", "der Lieferkanal",
            "the delivery channel",
        ],
        .liveGrant: [
            "een geldige toestemming van de eigenaar", "un octroi valable du propriétaire",
            "eine gültige Zustimmung des Eigentümers", "a live grant of the owner",
        ],
        .attestedLink: [
            "een bevestigde band", "un lien attesté", "eine bestätigte Verbindung",
            "an attested link",
        ],
        .provisionNamed: [
            "een genoemde bepaling", "une disposition nommée", "eine genannte Bestimmung",
            "a named provision",
        ],
        .closedFields: [
            "een gesloten lijst van velden", "une liste fermée de champs", "eine geschlossene Feldliste",
            "a closed list of fields",
        ],
        .offeredOnBasis: [
            "een aanbod op deze grond", "une offre sur cette base", "ein Angebot auf dieser Grundlage",
            "an offer on this basis",
        ],
        .agreedByProvider: [
            "het akkoord van de aanbieder", "l'accord du fournisseur", "die Zustimmung des Anbieters",
            "the provider's agreement",
        ],
        .agreedBySecondPerson: [
            "het akkoord van een tweede persoon", "l'accord d'une seconde personne",
            "die Zustimmung einer zweiten Person", "the agreement of a second person",
        ],
        .ownersTold: [
            "het bericht aan de eigenaars", "l'information des propriétaires",
            "die Benachrichtigung der Eigentümer", "the notice to the owners",
        ],
        .tellingForbidden: [
            "een wettelijk verbod op dat bericht", "une interdiction légale de les informer",
            "ein gesetzliches Verbot dieser Benachrichtigung", "a law that forbids telling them",
        ],
        .validUntil: ["de einddatum", "la date de fin", "das Enddatum", "the end date"],
        .objection: ["een bezwaar", "une opposition", "ein Widerspruch", "an objection"],
    ]

    /// That something is there or is not, as `eq true` and `eq false` say of facts.
    func presence(_ noun: String, _ isThere: Bool) -> String {
        if isThere {
            return language.pick("er is \(noun)", "il y a \(noun)", "es gibt \(noun)", "there is \(noun)")
        }
        func without(_ articles: [String], _ absence: (Substring, String) -> String) -> String? {
            articles.first { noun.hasPrefix($0) }.map { absence(noun.dropFirst($0.count), $0) }
        }
        switch language {
        case .dutch: return without(["een "]) { rest, _ in "er is geen \(rest)" } ?? "\(noun) ontbreekt"
        case .french:
            return without(["une ", "un "]) { rest, _ in
                "il n'y a pas " + (rest.first.map { "aeiouéèêy".contains($0) } ?? false ? "d'" : "de ") + rest
            } ?? "il manque \(noun)"
        case .german:
            return without(["eine ", "ein "]) { rest, article in "es liegt k\(article)\(rest) vor" }
                ?? "es fehlt \(noun)"
        case .english:
            return without(["an ", "a "]) { rest, _ in "there is no \(rest)" } ?? "\(noun) is missing"
        }
    }

    /// A comparison with what stands right of it.
    func comparison(
        _ comparison: Operator, isTime: Bool, isTree: Bool, isName: Bool, _ right: String
    ) -> String {
        func words(_ nl: String, _ fr: String, _ de: String, _ en: String) -> String {
            language.pick(nl, fr, de, en) + " " + right
        }
        let narrower = language.pick(
            " of nauwer", " ou plus précis", " oder enger", " or narrower")
        switch comparison {
        case .eq: return words("is", "est", "ist", "is")
        case .neq: return words("is niet", "n'est pas", "ist nicht", "is not")
        case .isA: return words("is", "est", "ist", "is") + narrower
        case .lt where isTime: return words("ligt vóór", "est avant", "liegt vor", "is before")
        case .lteq where isTime:
            return words("ligt niet na", "n'est pas après", "liegt nicht nach", "is not after")
        case .gt where isTime: return words("ligt na", "est après", "liegt nach", "is after")
        case .gteq where isTime:
            return words("ligt niet vóór", "n'est pas avant", "liegt nicht vor", "is not before")
        case .lt: return words("is kleiner dan", "est inférieur à", "ist kleiner als", "is less than")
        case .lteq: return words("is hoogstens", "est au plus", "ist höchstens", "is at most")
        case .gt: return words("is groter dan", "est supérieur à", "ist größer als", "is more than")
        case .gteq: return words("is minstens", "est au moins", "ist mindestens", "is at least")
        case .isAnyOf:
            let german = isName ? "ist eines von" : "gehört zu"
            return words("is een van", "est parmi", german, "is one of") + (isTree ? narrower : "")
        case .isNoneOf:
            return words("is geen van", "n'est pas parmi", "gehört nicht zu", "is none of")
                + (isTree ? narrower : "")
        case .isAllOf: return words("omvat", "réunit", "umfasst", "is all of")
        case .isPartOf: return words("is deel van", "fait partie de", "ist Teil von", "is part of")
        case .hasPart: return words("omvat", "comprend", "umfasst", "contains")
        }
    }
}
