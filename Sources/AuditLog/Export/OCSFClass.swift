internal import Model

/// What an entry is in the Open Cybersecurity Schema Framework, version 1.9.0 (github.com/ocsf/ocsf-schema):
/// an event class, one of its activities, and for classes of management the kind of thing that is managed.
struct OCSFClass: Hashable {
    enum Kind: Hashable {
        /// API Activity (6003): a question or a token, answered or denied.
        case api
        /// Datastore Activity (6005): rows that were read.
        case datastore
        /// Entity Management (3004): a change of something that the hub keeps.
        case entity(String)
        /// Base Event (0): a type that this version does not know.
        case base
    }

    var kind: Kind
    /// The identifier and caption of the activity in its class.
    var activity: (id: Int64, name: String)

    var uid: Int64 {
        switch kind {
        case .api: 6003
        case .datastore: 6005
        case .entity: 3004
        case .base: 0
        }
    }

    var name: String {
        switch kind {
        case .api: "API Activity"
        case .datastore: "Datastore Activity"
        case .entity: "Entity Management"
        case .base: "Base Event"
        }
    }

    var categoryUID: Int64 { uid / 1000 }

    var categoryName: String {
        switch kind {
        case .api, .datastore: "Application Activity"
        case .entity: "Identity & Access Management"
        case .base: "Uncategorized"
        }
    }

    static func == (a: OCSFClass, b: OCSFClass) -> Bool { a.kind == b.kind && a.activity.id == b.activity.id }

    func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(activity.id)
    }
}

extension OCSFClass {
    /// The class of an entry by its type, the later types of INTERFACES section 7 included.
    init(type: String) {
        switch type {
        case "access.decided", "history.viewed": self.init(kind: .api, activity: (2, "Read"))
        case "access.completed", "access": self.init(kind: .datastore, activity: (1, "Read"))
        case "token.issued", "token.denied": self.init(kind: .api, activity: (1, "Create"))
        case "token.revoked": self.init(kind: .api, activity: (4, "Delete"))
        default:
            guard let (subject, verb) = Self.parts(of: type), let activity = Self.activities[verb] else {
                self.init(kind: .base, activity: (99, "Other"))
                return
            }
            self.init(kind: .entity(subject), activity: activity)
        }
    }

    /// What can be managed, by the first word of a type.
    private static let subjects: [String: String] = [
        "log": "log", "config": "configuration", "key": "key", "org": "organisation", "person": "person",
        "mandate": "mandate", "dataset": "dataset", "link": "dataset", "request": "request",
        "agreement": "agreement", "grant": "grant", "objection": "objection", "policy": "policy",
        "incident": "incident", "credential": "credential", "processors": "agreement",
    ]

    /// What the second word of a type does to it. What no longer permits anything is disabled, not deleted:
    /// the hub keeps it.
    private static let activities: [String: (id: Int64, name: String)] = [
        "opened": (1, "Create"), "added": (1, "Create"), "published": (1, "Create"), "made": (1, "Create"),
        "requested": (1, "Create"), "declared": (1, "Create"),
        "changed": (3, "Update"), "rotated": (3, "Update"), "versioned": (3, "Update"),
        "amended": (3, "Update"), "decided": (3, "Update"), "set": (3, "Update"), "pruned": (3, "Update"),
        "erased": (4, "Delete"), "removed": (4, "Delete"),
        "approved": (8, "Enable"), "given": (8, "Enable"),
        "closed": (9, "Disable"), "stopped": (9, "Disable"), "refused": (9, "Disable"),
        "ended": (9, "Disable"), "withdrawn": (9, "Disable"), "revoked": (9, "Disable"),
        "expired": (9, "Disable"),
        "suspended": (12, "Suspend"), "resumed": (13, "Resume"),
    ]

    private static func parts(of type: String) -> (subject: String, verb: String)? {
        let words = type.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, let subject = subjects[words[0]] else { return nil }
        return (subject, words[1])
    }
}
