"""Keys, certificates and tokens of the rivals, as like the hub's as can be.

An authority with a P-256 key signs one certificate for each side directly, as the hub's development authority
does, so that chains have the same length. Tokens are ES256 and as long as the hub's, since their bytes cross
the wire and the cipher with each request.
"""

import datetime
import ipaddress
import json
import os
import time
import uuid

try:
    import jwt
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
except ImportError as error:
    raise SystemExit(f"{error}: install Debian's python3-jwt and python3-cryptography") from None

ISSUER = "https://issuer.example"
AUDIENCE = "https://data.example"


def _write(path, *parts):
    with open(path, "wb") as file:
        for part in parts:
            file.write(part)
    os.chmod(path, 0o600)
    return path


def _private(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


def _public(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """Writes ca.pem, and of `server` and `client` the certificate, the key and both in one, into a folder."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the benchmark")])
        own = self._certificate(self.name, self.key.public_key(),
                                [(x509.BasicConstraints(ca=True, path_length=0), True)])
        self.ca = _write(f"{folder}/ca.pem", _public(own))
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        usages = x509.OID_SERVER_AUTH, x509.OID_CLIENT_AUTH
        for name, usage, extension in zip(("server", "client"), usages, ([(address, False)], [])):
            key = ec.generate_private_key(ec.SECP256R1())
            subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
            certificate = self._certificate(
                subject, key.public_key(),
                [*extension, (x509.BasicConstraints(ca=False, path_length=None), True),
                 (x509.ExtendedKeyUsage([usage]), False)])
            _write(f"{folder}/{name}.pem", _public(certificate))
            _write(f"{folder}/{name}-key.pem", _private(key))
            # One file, as HAProxy wants it.
            _write(f"{folder}/{name}-both.pem", _public(certificate), _private(key))
        self.server, self.server_key = f"{folder}/server.pem", f"{folder}/server-key.pem"
        self.server_both = f"{folder}/server-both.pem"
        self.client, self.client_key = f"{folder}/client.pem", f"{folder}/client-key.pem"

    def _certificate(self, subject, public_key, extensions):
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                   .public_key(public_key).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=2)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(self.key, hashes.SHA256())


class Issuer:
    """Signs tokens, and says with which key they verify."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = self.key.public_key()
        self.public = _write(f"{folder}/issuer.pem", public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        jwk = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key))
        del jwk["d"]
        keys = {"keys": [jwk | {"kid": "benchmark", "alg": "ES256", "use": "sig"}]}
        self.jwks = _write(f"{folder}/jwks.json", json.dumps(keys).encode())

    def token(self, length=0, lifetime=3600):
        """Of so many characters, within three (base64url knows no others)."""
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "authority", "client_id": "authority", "iat": now,
                  "nbf": now - 60, "exp": now + lifetime, "jti": str(uuid.uuid4()), "padding": ""}
        headers = {"typ": "at+jwt", "kid": "benchmark"}
        token = jwt.encode(claims, self.key, "ES256", headers)
        if len(token) < length:
            claims["padding"] = "x" * ((length - len(token)) * 3 // 4)
            token = jwt.encode(claims, self.key, "ES256", headers)
        return token


def write_tokens(path, tokens):
    _write(path, "".join(token + "\n" for token in tokens).encode())
    return path
