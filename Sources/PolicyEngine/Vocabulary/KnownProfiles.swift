/// The ODRL profiles whose terms the engine knows: a policy that names another may mean anything.
enum KnownProfiles {
    static let iris: Set<String> = [
        SluisProfile.iri, ODRL.coreProfile, KnownOperand.spatialAxis, String(ODRL.namespace.dropLast()),
        ODRL.namespace, "http://w3id.org/odrl/spatial-axis", "https://w3id.org/dspace/2025/1/odrl-profile",
        "https://w3id.org/dspace/2025/1/odrl-profile.jsonld",
        // W3C DPV: purposes and legal bases as right operands.
        "https://w3id.org/dpv", "https://w3id.org/dpv#", "https://w3id.org/dpv/",
        "https://w3id.org/dpv/mappings/odrl",
    ]
}
