"""A consented read through the gateway, beside nginx that sends the same bytes as a static file.

Usage: gateway.py SLUIS CSV OWNERS WORK

A hub with one dataset of so many owners, all linked to one person who granted everything; the consumer reads with
certificate and token. nginx asks nobody. Both send over TLS 1.3 with the same cipher and kind of key, each server on
core 0 with all its threads, the same client on core 1; rounds alternate, medians are compared. CPU is what the server's
processes took.
"""

import grp
import json
import os
import pwd
import signal
import statistics
import subprocess
import sys
import time

ROUNDS = 7
CIPHER = "TLS_AES_128_GCM_SHA256"
NGINX = """
user {user}; daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.log error;
events {{ worker_connections 512; }}
http {{
    access_log off; sendfile on; tcp_nopush on; client_body_temp_path {work}/body; proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi; uwsgi_temp_path {work}/uwsgi; scgi_temp_path {work}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl; root {work}/static; default_type text/csv;
        ssl_certificate {work}/nginx-certificate.pem; ssl_certificate_key {work}/nginx-key.pem;
        ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites {cipher}; ssl_session_tickets off;
    }}
}}
"""


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def children(pid):
    found = [pid]
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        for child in file.read().split():
            found += children(int(child))
    return found


def cpu_seconds(pid):
    ticks = 0
    for process in children(pid):
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port():
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Hub:
    """One directory, with its profiles beside it."""

    def __init__(self, program, work):
        self.program, self.work, self.data = program, work, f"{work}/hub"
        run(program, "init", "--data", self.data)
        self.process = None

    def start(self, digest):
        environment = os.environ | {"SLUIS_DIGEST": digest}
        self.process = subprocess.Popen(
            ["taskset", "-c", "0", self.program, "serve", "--data", self.data, "--people", "127.0.0.1:0", "--machines",
             "127.0.0.1:0"], stdout=subprocess.PIPE, text=True, env=environment)
        self.machines = json.loads(self.process.stdout.readline())["machines"]
        for name in os.listdir(self.work):
            profile = f"{self.work}/{name}/profile.json"
            if os.path.exists(profile):
                self._readdress(profile)
        self._readdress(f"{self.data}/profiles/operator/profile.json")

    def _readdress(self, profile):
        with open(f"{self.data}/run.json") as file:
            addresses = json.load(file)
        with open(profile) as file:
            content = json.load(file)
        with open(profile, "w") as file:
            json.dump(content | {"people": addresses["people"], "machines": addresses["machines"]}, file)

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def sluis(self, profile, *command):
        return json.loads(run(self.program, *command, "--json", "--profile", f"{self.work}/{profile}"))


def prepare(hub, csv, owners, work):
    operator = "hub/profiles/operator"
    for name, role in [("airport", "provider"), ("authority", "consumer")]:
        hub.sluis(operator, "org", "add", name, "--name", name, "--roles", role, "--out", f"{work}/{name}")
    person = hub.sluis(operator, "person", "add", "--name", "Ann", "--out", f"{work}/ann")["id"]
    hub.sluis("airport", "dataset", "publish", "meters", "--file", csv, "--title", "Meters", "--owner-column", "meter")
    with open(f"{work}/links.csv", "w") as file:
        file.write("owner_key,owner\n")
        file.writelines(f"NL{100_000 + number},{person}\n" for number in range(owners))
    hub.sluis("airport", "dataset", "link", "meters", "--file", f"{work}/links.csv")
    request = hub.sluis(
        "authority", "request", "--dataset", "meters", "--purpose", "https://w3id.org/dpv#ProvideOfficialStatistics",
        "--legal-basis", "consent", "--fields", "meter,at,active,reactive,voltage,status,note")["request"]
    agreement = hub.sluis("airport", "agree", request)["agreement"]
    hub.sluis("ann", "grant", agreement)
    return agreement


def download(arguments, output="/dev/null"):
    taken = run("taskset", "-c", "1", "curl", "-sS", "--fail", "--tls13-ciphers", CIPHER, "--tlsv1.3", "-o", output,
                "-w", "%{time_total} %{size_download} %{http_code}", *arguments)
    seconds, size, status = taken.split()
    if status != "200":
        raise SystemExit(f"status {status}")
    return float(seconds), int(size)


def compare(name, ours, our_pid, theirs, their_pid):
    rounds = {"sluis": [], "nginx": []}
    for _ in range(ROUNDS):
        for who, arguments, pid in [("sluis", ours, our_pid), ("nginx", theirs, their_pid)]:
            before = cpu_seconds(pid)
            seconds, size = download(arguments)
            rounds[who].append((seconds, cpu_seconds(pid) - before, size))
    medians = {}
    for who, taken in rounds.items():
        seconds, cpu = (statistics.median(round[place] for round in taken) for place in (0, 1))
        size = taken[0][2]
        medians[who] = (seconds, cpu)
        spread = [round[0] for round in taken]
        print(f"# {name}, {who}: {size / 1e6:.0f} MB in {seconds:.3f} s ({min(spread):.3f} to {max(spread):.3f})")
        print(f"figure {name}_{who}_gb_per_s {size / seconds / 1e9:.2f} GB/s")
        print(f"figure {name}_{who}_cpu_s_per_gb {cpu / size * 1e9:.2f} s")
    if len({round[2] for taken in rounds.values() for round in taken}) != 1:
        raise SystemExit("not the same bytes")
    print(f"figure {name}_over_nginx {medians['nginx'][0] / medians['sluis'][0]:.2f} x")
    print(f"figure {name}_over_nginx_by_cpu {medians['nginx'][1] / medians['sluis'][1]:.2f} x", flush=True)


def main(program, csv, owners, work):
    hub = Hub(program, work)
    try:
        hub.start("on")
        agreement = prepare(hub, csv, owners, work)
    finally:
        hub.stop()
    os.makedirs(f"{work}/static")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        "/CN=127.0.0.1", "-days", "2", "-keyout", f"{work}/nginx-key.pem", "-out", f"{work}/nginx-certificate.pem")
    port = free_port()
    with open(f"{work}/nginx.conf", "w") as file:
        # Else it gives up the rights to read a folder that is root's.
        user = f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"
        file.write(NGINX.format(work=work, port=port, cipher=CIPHER, user=user))
    nginx = subprocess.Popen(["taskset", "-c", "0", "nginx", "-c", f"{work}/nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        for digest in ["off", "on"]:
            hub.start(digest)
            token = hub.sluis("authority", "token", "--agreement", agreement)["access_token"]
            for name, fields in [("all", None), ("3_of_7", "meter,at,active")]:
                ours = ["--cacert", f"{hub.data}/ca.pem", "--cert", f"{work}/authority/certificate.pem", "--key",
                        f"{work}/authority/key.pem", "--oauth2-bearer", token,
                        hub.machines + "/data/meters" + (f"?fields={fields}" if fields else "")]
                # Twice, so that what is made for repeated reads is there, and then what nginx is to send.
                download(ours)
                time.sleep(5)
                download(ours, f"{work}/static/{name}.csv")
                theirs = ["--insecure", f"https://127.0.0.1:{port}/{name}.csv"]
                compare(f"gateway_{name}_digest_{digest}", ours, hub.process.pid, theirs, nginx.pid)
            hub.stop()
    finally:
        nginx.terminate()
        nginx.wait()
        hub.stop()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
