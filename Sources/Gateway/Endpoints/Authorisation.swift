internal import Consent
internal import Model

/// The one place that says who may call what. Whose dataset, request or grant it is, the exchange checks.
enum Authorisation {
    /// On the machines listener every route but the token endpoints and registration needs a client
    /// certificate, public ones too.
    static func requireCertificate(
        _ listener: Endpoint.Listener, _ endpoint: Endpoint, _ thumbprint: Thumbprint?
    ) throws(ClientFault) {
        guard listener == .machines, !endpoint.isForUncertified, thumbprint == nil else { return }
        throw ClientFault(
            .unauthenticated, "certificate_missing", "this listener needs a client certificate",
            expected: "a certificate of one of the hub's authorities, or one that the operator added")
    }

    /// - Parameter caller: nil for a connection without a registered certificate.
    /// - Throws: `ClientFault` 401 for an unknown caller, 403 for one without the capacity.
    static func authorise(_ endpoint: Endpoint, _ caller: Caller?) throws(ClientFault) {
        guard case .capacities(let needed) = endpoint.access else { return }
        guard let caller else {
            throw ClientFault(
                .unauthenticated, "certificate_unknown",
                "the client certificate is not registered at this hub",
                expected: "the certificate of an organisation or person that the operator added")
        }
        guard !caller.isSuspended || endpoint.isForSuspended else {
            throw ClientFault(
                .unauthenticated, "organisation_suspended", "the organisation is suspended",
                found: caller.organisation?.id.text, remedy: "ask the hub's operator; giving less still works"
            )
        }
        guard caller.capacities.isDisjoint(with: needed) else { return }
        let names = needed.map(\.rawValue).sorted().joined(separator: " or ")
        throw ClientFault(
            .forbidden, "role_missing", "this needs the role \(names)",
            found: caller.capacities.map(\.rawValue).sorted().joined(separator: ", "), expected: names)
    }
}
