"""What run-schemathesis adds to Schemathesis: values of the hub that is asked, tokens for reads, and checks
that an OpenAPI document has no words for."""

import hashlib
import json
import os
import pathlib

import requests
import schemathesis

CALLER = json.loads(pathlib.Path(os.environ["SLUIS_CALLER"]).read_text())
DOCUMENT = json.loads(pathlib.Path(os.environ["SLUIS_OPENAPI"]).read_text())
VALUES = CALLER["values"]
TOKENS = VALUES.get("tokens", [])
PROBLEM = "application/problem+json"
OAUTH = {"token", "introspectToken", "revokeToken"}
READS = {"readData", "headData"}
NAMED = {"addOrganisation", "registerOrganisation", "addDataset"}
UPLOADS = {"showUpload", "headUpload", "continueUpload", "endUpload"}
# They take away what the callers need for the rest of the run: they get none of it but what is spare.
HARMFUL = {
    "suspendOrganisation", "addCredential", "removeCredential", "erasePerson", "endAgreement", "putLinks",
    "deleteOwnerRows", "changeFields", "putData", "connectDataset",
}
# Faults of a body or a query as a whole, in which there is no member or parameter to name.
FIELDLESS = {"bad_json", "bad_query", "bad_csv", "bad_header", "links_missing", "body_broke_off"}
# What a sound hub says of itself at times: that so many asked to take part, and what others' servers do.
EXPECTED = {"registrations_full"}

session = requests.Session()
session.verify = CALLER["ca"]
session.trust_env = False
if CALLER["certificate"]:
    session.cert = (CALLER["certificate"], CALLER["key"])


# ---- Before a case is sent


def choice(case):
    """A number that follows from the case alone."""
    parts = [case.operation.label, case.path_parameters, case.query, case.headers, case.body]
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest(), "big")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives cases what no schema can: keys that nobody used, tokens, uploads that are under way.

    A case that is meant to be wrong stays so: of it only what is not about its fault is touched.
    """
    name = case.operation.definition.raw.get("operationId")
    if case.method.lower() != case.operation.method.lower():
        return  # It asks for a method that the route has not.
    number = choice(case)
    is_right = not case.meta.generation.mode.is_negative
    make_key_new(case, number)
    if is_right:
        put_values(case, OPERATIONS[name], VALUES.get("spare", {}) if name in HARMFUL else VALUES, number)
    if is_right and name in NAMED and isinstance(case.body, dict) and number >> 8 & 3:
        # The schema gives the same name again and again, which then is taken.
        case.body = {**case.body, "id": f"new-{number:x}"[:20]}
    if name in READS:
        prepare_read(case, number, is_right)
    if is_right and name in OAUTH:
        prepare_form(case, number)
    if is_right and name in UPLOADS:
        prepare_upload(case, number)


def operations():
    """The operations of the document by their names, each with its path."""
    return {
        operation["operationId"]: operation for path in DOCUMENT["paths"].values()
        for operation in path.values()}


OPERATIONS = operations()


def resolved(part):
    """What a reference is to, or the part itself."""
    while "$ref" in part:
        target = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        part = target
    return part


def put_values(case, operation, values, number):
    """Replaces about half of all that has a schema of which the hub has values."""
    for place, parameter in enumerate(map(resolved, operation.get("parameters", []))):
        container = {"path": case.path_parameters, "query": case.query}.get(parameter["in"])
        name = parameter["name"]
        if container and name in container:
            container[name] = with_values(container[name], parameter["schema"], values, number >> place)
    content = operation.get("requestBody", {}).get("content", {}).get(case.media_type)
    if content and isinstance(case.body, (dict, list, str)):
        case.body = with_values(case.body, content["schema"], values, number >> 32)


def with_values(value, schema, values, number):
    """The value, or one of the hub in its place or in that of its parts."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if values.get(name) and number & 1 and value is not None:
        return values[name][(number >> 1) % len(values[name])]
    schema = resolved(schema)
    for branch in schema.get("anyOf", []) + schema.get("oneOf", []):
        if is_like(value, branch):
            value = with_values(value, branch, values, number)
            break
    if isinstance(value, dict):
        members = schema.get("properties", {})
        return {
            name: with_values(member, members.get(name, {}), values, number >> 3 * place + 3)
            for place, (name, member) in enumerate(value.items())}
    if isinstance(value, list) and "items" in schema:
        # Of a list whose elements must differ there is no telling which may be replaced.
        return [with_values(one, schema["items"], values, number >> 5) for one in value[:1]] + value[1:]
    return value


def is_like(value, branch):
    """Whether the value can be of a branch: of its type, and with its members."""
    branch = resolved(branch)
    if branch.get("type") == "object" or "required" in branch:
        return isinstance(value, dict) and set(branch.get("required", [])) <= set(value)
    return branch.get("type") != "null" and not isinstance(value, dict)


def make_key_new(case, number):
    """Of four idempotency keys three were not used before: the schema gives the same again and again."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 50 and number % 4:
        case.headers["Idempotency-Key"] = f"{number:x}"[:32] + key


def without(mapping, names, number):
    """The mapping without about three of four of these members."""
    kept = dict(mapping)
    for place, name in enumerate(names):
        if number >> 2 * place & 3:
            kept.pop(name, None)
    return kept


def prepare_form(case, number):
    """Most requests to an OAuth endpoint do without what must be exactly right."""
    optional = ["client_id", "client_assertion_type", "client_assertion", "resource", "scope"]
    if isinstance(case.body, dict):
        case.body = without(case.body, optional, number)
    case.headers = without(case.headers or {}, ["DPoP", "Authorization"], number >> 16)


def prepare_upload(case, number):
    """Half of the calls about an upload are about one that was just begun, if the caller may."""
    if number % 2 or not CALLER["certificate"]:
        return
    url = CALLER["url"] + "/api/v1/datasets/spare/uploads?mode=adds"
    answer = session.post(url, headers={"Content-Type": "text/csv"}, timeout=30)
    if answer.status_code != 201:
        return
    case.path_parameters = {**case.path_parameters, "upload": answer.json()["upload"]}
    if case.headers and "Upload-Offset" in case.headers and number % 4:
        case.headers["Upload-Offset"] = "0"


def token(dataset, number):
    """One for this dataset or, if there is no agreement on it, for another; none if it is not given."""
    own = [known for known in TOKENS if known["dataset"] == dataset]
    known = (own or TOKENS)[number % len(own or TOKENS)]
    details = {"type": "sluis_dataset", "identifier": known["dataset"], "agreement": known["agreement"]}
    form = {"grant_type": "client_credentials"}
    form["authorization_details"] = json.dumps([{**details, "actions": ["read"]}])
    # Each time anew: one that was kept may have been taken back by a case.
    answer = session.post(CALLER["url"] + "/oauth/token", data=form, timeout=30)
    return answer.json().get("access_token")


def terms(number, tag):
    """Header fields of a client that has the answer with this tag, or a part of it."""
    return [
        {"If-None-Match": tag}, {"If-Match": tag}, {"If-Range": tag, "Range": "bytes=0-9"},
        {"If-Range": tag, "Range": "bytes=-5"}, {"If-Range": tag, "Range": "bytes=999999999-"},
    ][number % 5]


def prepare_read(case, number, is_right):
    """Three reads of four have a token, if the caller may take one; every other then is of a client that
    read the same before."""
    headers = dict(case.headers or {})
    if is_right:
        case.query = without(case.query or {}, ["since", "where", "fields", "order", "limit"], number >> 32)
        conditions = ["If-Match", "If-None-Match", "If-Range", "Range", "DPoP", "Accept-Encoding"]
        headers = without(headers, conditions, number >> 64)
    if TOKENS and CALLER["certificate"] and number % 4:
        found = token(case.path_parameters.get("dataset"), number >> 2)
        if found:
            headers["Authorization"] = "Bearer " + found
    case.headers = headers
    tag = entity_tag(case, headers) if is_right and number >> 8 & 1 else None
    if tag:
        case.headers = {**headers, **terms(number >> 9, tag)}


def entity_tag(case, headers):
    try:
        asked = case.as_transport_kwargs(base_url=CALLER["url"])
        answer = session.head(asked["url"], params=asked.get("params"), headers=headers, timeout=30)
        return answer.headers.get("ETag")
    except (requests.RequestException, UnicodeError, ValueError):
        return None  # What cannot be sent is the case's own matter.


@schemathesis.hook
def after_call(context, case, response):
    """Notes what was answered, for run-schemathesis to count."""
    with open(os.environ["SLUIS_ANSWERS"], "a") as file:
        name = case.operation.definition.raw.get("operationId")
        file.write(f"{name} {response.request.method} {response.status_code}\n")


# ---- Checks


def body(response):
    try:
        return json.loads(response.content)
    except ValueError:
        return None


@schemathesis.check
def has_problem_details(ctx, response, case):
    """Every refusal says what is wrong, for people and for programs, and a bad request also where."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    name = case.operation.definition.raw.get("operationId")
    type = response.headers.get("content-type", [""])[0]
    if type != PROBLEM:
        others = {name: "application/json" for name in OAUTH} | {"addCheckpoint": "text/"}
        assert type.startswith(others.get(name, PROBLEM)), f"a refusal of type `{type}`"
        return
    problem = body(response)
    assert problem["status"] == response.status_code, "the status is not that of the answer"
    assert problem["type"] == "urn:sluis:problem:" + problem["code"], "the type is not that of the code"
    assert problem["title"] and problem["detail"], "an empty title or detail"
    is_whole = problem["code"] in FIELDLESS or problem["code"] == "wrong_type"
    if response.status_code == 400 and not is_whole:
        assert "field" in problem, f"{problem['code']} does not say where"


@schemathesis.check
def is_ready(ctx, response, case):
    """The hub is sound while it is asked: it has no reason to refuse for a while."""
    if response.status_code in (502, 503, 504) and response.request.method != "HEAD":
        code = (body(response) or {}).get("code")
        assert code in EXPECTED or str(code).startswith("upstream_"), f"refused for a while: {code}"


@schemathesis.check
def sends_no_body_to_head(ctx, response, case):
    """An answer to HEAD has no body."""
    if response.request.method == "HEAD":
        assert response.content == b"", "an answer to HEAD has a body"
