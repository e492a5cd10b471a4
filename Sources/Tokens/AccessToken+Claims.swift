public import Model

extension AccessToken {
    /// The JWT claims set (RFC 9068 section 2.2).
    public var claims: JSON {
        var members: [String: JSON] = [
            "iss": .string(issuer), "aud": .string(audience), "sub": .string(client.text),
            "client_id": .string(client.text), "iat": Self.seconds(issuedAt), "exp": Self.seconds(expiresAt),
            "jti": .string(id), "cnf": binding.confirmation,
            "authorization_details": [details.json],
        ]
        if credential != binding.thumbprint {
            members["client_credential"] = .string(credential.description)
        }
        if let notBefore { members["nbf"] = Self.seconds(notBefore) }
        return .object(members)
    }

    /// Reads a claims set. Every claim but `nbf` and `client_credential` must be there with exactly its type;
    /// other claims are ignored, as RFC 7519 section 4 asks.
    /// - Throws: `claim` with the claim's name.
    init(claims: JSON, keyID: String) throws(TokenFault) {
        let reader = ClaimsReader(claims)
        self.keyID = keyID
        issuer = try reader.text("iss")
        audience = try reader.text("aud")
        client = try reader.client()
        issuedAt = try reader.time("iat")
        expiresAt = try reader.time("exp")
        notBefore = claims["nbf"] == nil ? nil : try reader.time("nbf")
        id = try reader.text("jti")
        binding = try reader.binding()
        credential = try reader.credential() ?? binding.thumbprint
        details = try reader.details()
    }

    private static func seconds(_ time: Instant) -> JSON { .integer(time.milliseconds / 1000) }
}

private struct ClaimsReader {
    private let claims: JSON

    init(_ claims: JSON) { self.claims = claims }

    func text(_ name: String) throws(TokenFault) -> String {
        guard let text = claims[name]?.string, !text.isEmpty else { throw TokenFault(.claim, "`\(name)`") }
        return text
    }

    func time(_ name: String) throws(TokenFault) -> Instant {
        guard let time = claims[name]?.wholeSeconds else { throw TokenFault(.claim, "`\(name)`") }
        return time
    }

    /// A client acts for itself: `sub` is the client too (RFC 9068 section 2.2).
    func client() throws(TokenFault) -> Slug {
        guard let client = Slug(try text("client_id")) else { throw TokenFault(.claim, "`client_id`") }
        guard try text("sub") == client.text else { throw TokenFault(.claim, "`sub`") }
        return client
    }

    func binding() throws(TokenFault) -> TokenBinding {
        guard let binding = claims["cnf"].flatMap({ TokenBinding(confirmation: $0) }) else {
            throw TokenFault(.claim, "`cnf`")
        }
        return binding
    }

    func credential() throws(TokenFault) -> Thumbprint? {
        guard let value = claims["client_credential"] else { return nil }
        guard let thumbprint = value.string.flatMap({ Thumbprint(text: $0) }) else {
            throw TokenFault(.claim, "`client_credential`")
        }
        return thumbprint
    }

    func details() throws(TokenFault) -> AccessGrantDetails {
        do throws(ClientFault) {
            return try AccessGrantDetails(authorizationDetails: claims["authorization_details"] ?? .null)
        } catch {
            throw TokenFault(.claim, error.description)
        }
    }
}
