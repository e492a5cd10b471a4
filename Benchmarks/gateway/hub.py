"""The hub as one of the servers: one directory, datasets that one owner granted whole, real tokens."""

import http.client
import json
import os
import queue
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

import credentials
import measure
from servers import free_port

PURPOSE = "https://w3id.org/dpv#ProvideOfficialStatistics"
TOKENS = 2000
# A token lives for ten minutes; in this time before its end no round begins with it.
TOKEN_SECONDS = 360
# What the hub would refuse for the client's number of requests is not what is measured.
NO_LIMITS = {"SLUIS_LIMITS_STREAMS": "0", "SLUIS_LIMITS_REQUESTS_PER_MINUTE": "0",
             "SLUIS_LIMITS_BYTES_PER_MINUTE": "0", "SLUIS_LIMITS_TOKENS_PER_MINUTE": "0",
             # One core, one thread for connections, as the rivals have.
             "SLUIS_EVENT_LOOPS": "1"}


class Hub:
    """Starts and stops; `server` in the sense of the other modules while it runs."""

    name = "sluis"

    def __init__(self, program, work):
        self.program, self.work, self.data = program, work, f"{work}/hub"
        self.people_port, self.port = free_port(), free_port()
        self.process, self.tokens, self.tokens_at, self.agreements = None, None, 0, {}
        self.path, self.ca = "/", f"{self.data}/ca.pem"
        self.certificate, self.key = f"{work}/authority/certificate.pem", f"{work}/authority/key.pem"
        self._run("init", "--data", self.data)

    @property
    def pid(self):
        return self.process.pid

    def start(self, priority=(), cpu=measure.CPU_OF_SERVER, **environment):
        """Returns the seconds until it was ready."""
        command = [*priority, "taskset", "-c", cpu, self.program, "serve", "--data", self.data, "--people",
                   f"127.0.0.1:{self.people_port}", "--machines", f"127.0.0.1:{self.port}"]
        began = time.monotonic()
        with open(f"{self.work}/hub.log", "a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True,
                                            env=os.environ | NO_LIMITS | environment)
        line = self.process.stdout.readline()
        seconds = time.monotonic() - began
        if '"ready":true' not in line:
            self.process.wait()
            with open(f"{self.work}/hub.log") as log:
                raise SystemExit(f"the hub does not start:\n{log.read()[-2000:]}")
        # The operator's profile knows only the default ports.
        profile = f"{self.data}/profiles/operator/profile.json"
        with open(profile) as file:
            content = json.load(file)
        with open(profile, "w") as file:
            json.dump(content | {"people": f"https://127.0.0.1:{self.people_port}",
                                 "machines": f"https://127.0.0.1:{self.port}"}, file)
        return seconds

    def stop(self, number=signal.SIGTERM):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            print("# the hub did not end within a minute of SIGTERM; it was killed", flush=True)
            self.process.kill()
            self.process.wait()

    def _run(self, *command):
        done = subprocess.run([self.program, *command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"sluis {' '.join(command[:2])}: {done.stderr.strip()}")
        return done.stdout

    def sluis(self, profile, *command):
        return json.loads(self._run(*command, "--json", "--profile", f"{self.work}/{profile}"))

    def add_parties(self):
        operator = "hub/profiles/operator"
        for name, role in [("airport", "provider"), ("authority", "consumer"), ("thief", "consumer")]:
            self.sluis(operator, "org", "add", name, "--name", name, "--roles", role, "--out",
                       f"{self.work}/{name}")
        self.ann = self.add_person("ann")

    def add_person(self, name):
        """A profile of that name; returns the identifier."""
        return self.sluis("hub/profiles/operator", "person", "add", "--name", name, "--out",
                          f"{self.work}/{name}")["id"]

    def publish(self, name, file, owners, fields):
        """A dataset that is agreed; `owners` are identifiers by owner key. Nothing is granted yet."""
        self.sluis("airport", "dataset", "publish", name, "--file", file, "--title", name, "--owner-column",
                   "meter")
        links = f"{self.work}/links.csv"
        with open(links, "w") as out:
            out.write("owner_key,owner\n")
            out.writelines(f"{key},{owner}\n" for key, owner in owners.items())
        self.sluis("airport", "dataset", "link", name, "--file", links)
        request = self.sluis("authority", "request", "--dataset", name, "--purpose", PURPOSE, "--legal-basis",
                             "consent", "--fields", fields)["request"]
        self.agreements[name] = self.sluis("airport", "agree", request)["agreement"]

    def grant(self, name, person="ann"):
        return self.sluis(person, "grant", self.agreements[name])["grant"]

    def read_from(self, name):
        self.path = f"/data/{name}"
        self.dataset, self.tokens = name, None

    def connection(self, profile):
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = False
        context.load_cert_chain(f"{self.work}/{profile}/certificate.pem", f"{self.work}/{profile}/key.pem")
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)

    def _take(self, numbers, tokens):
        connection = self.connection("authority")
        details = [{"type": "sluis_dataset", "identifier": self.dataset, "actions": ["read"],
                    "agreement": self.agreements[self.dataset]}]
        form = urllib.parse.urlencode(
            {"grant_type": "client_credentials", "authorization_details": json.dumps(details)})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        while True:
            try:
                numbers.get_nowait()
            except queue.Empty:
                break
            connection.request("POST", "/oauth/token", form, headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                tokens.append(SystemExit(f"no token: {answer.status} {content.decode(errors='replace')}"))
                break
            tokens.append(json.loads(content)["access_token"])
        connection.close()

    def take_tokens(self, count=TOKENS):
        """Takes new ones when the old ones have not long to live any more."""
        if self.tokens and time.monotonic() - self.tokens_at < TOKEN_SECONDS:
            return
        numbers, tokens, began = queue.SimpleQueue(), [], time.monotonic()
        for number in range(count):
            numbers.put(number)
        # Several at once, as each waits for its entry in the log.
        takers = [threading.Thread(target=self._take, args=(numbers, tokens)) for _ in range(min(8, count))]
        for taker in takers:
            taker.start()
        for taker in takers:
            taker.join()
        for token in tokens:
            if isinstance(token, SystemExit):
                raise token
        self.tokens = credentials.write_tokens(f"{self.work}/tokens-{self.dataset}", tokens)
        self.tokens_at, self.token = began, tokens[0]
        seconds = time.monotonic() - began
        print(f"# {len(tokens)} tokens of {len(tokens[0])} characters in {seconds:.1f} s", flush=True)
