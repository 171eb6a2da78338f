# share/openapi.json as a judge of what a dashboard answers. It is stricter than what the document promises:
# a member that is not described is a fault here, and "may be added" for everybody else.
import copy
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = json.loads((ROOT / "share/openapi.json").read_text())
SCHEMAS = "#/components/schemas/"


def strict(node):
    """The same, in which an object holds what is described and nothing else."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: strict(each) for name, each in node.items()}
    if "properties" in made and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made


def open_objects(node, way=""):
    """Where an object is described without its members: nothing there can be a fault."""
    if isinstance(node, list):
        return [each for i, one in enumerate(node) for each in open_objects(one, f"{way}/{i}")]
    if not isinstance(node, dict):
        return []
    found = [way] if node.get("type") == "object" and "properties" not in node else []
    found += [way] if node.get("type") == "array" and "items" not in node else []
    return found + [each for name, one in node.items() for each in open_objects(one, f"{way}/{name}")]


def closed_answers(document):
    """Schemas of answers that forbid a client to expect more members: "may be added" is promised."""
    found, seen = [], set()

    def walk(node, way):
        if isinstance(node, list):
            for each in node:
                walk(each, way)
        if not isinstance(node, dict):
            return
        if node.get("additionalProperties") is False:
            found.append(way)
        for name, each in node.items():
            if name == "$ref" and each.startswith(SCHEMAS) and each not in seen:
                seen.add(each)
                walk(document["components"]["schemas"][each.removeprefix(SCHEMAS)], each)
            walk(each, f"{way}/{name}")

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            walk(operation["responses"], f"{method} {path}")
            walk(operation.get("x-events", {}), f"{method} {path} events")
    walk(document["components"]["responses"], "responses")
    return found


def rows_of_router():
    """What lib/dashboard/route.cpp knows: (path, method), with names as the document writes them."""
    text = (ROOT / "lib/dashboard/route.cpp").read_text()
    rows = re.findall(r'\{Method::(\w+),\s*"([^"]+)",\s*Page::\w+', text)
    return {(path.replace("*", "{name}"), method.replace("remove", "delete")) for method, path in rows}


def innermost(error):
    """Of "an object or null", what is wrong with the object."""
    while error.context:
        error = max(error.context, key=lambda each: (each.validator not in ("type", "enum"), len(each.absolute_path)))
    return error


class Contract:
    """Asks one dashboard, and notes what is not as described."""

    def __init__(self, url):
        self.url, self.token = url, None
        self.faults, self.asked = [], set()
        self.strict = strict(copy.deepcopy(DOCUMENT))

    def fault(self, text):
        if text in self.faults:
            return
        self.faults.append(text)
        print(f"FAULT {text}", flush=True)

    def load_token(self):
        page = urllib.request.urlopen(self.url + "/", timeout=10).read().decode()
        self.token = re.search(r'name="restream-token" content="([0-9a-zA-Z-]+)"', page).group(1)
        return page

    def check(self, schema, content, what):
        beside = {**schema, "components": self.strict["components"]}
        for error in Draft202012Validator(beside).iter_errors(content):
            each = innermost(error)
            self.fault(f"{what}: {'/'.join(map(str, each.absolute_path))}: {each.message[:300]}")

    def described(self, method, path, status):
        """What is described of an answer; None where it is none that this operation may give."""
        answers = self.strict["paths"][path][method.lower()]["responses"]
        answer = answers.get(str(status))
        if answer is not None and "$ref" in answer:
            answer = self.strict["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        return answer

    def send(self, method, path, body=None, with_token=True, headers=None):
        """One request: its status, headers and content."""
        request = urllib.request.Request(self.url + path, method=method, headers=headers or {})
        if with_token and self.token:
            request.add_header("X-Restream-Token", self.token)
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            answer = urllib.request.urlopen(request, data=data, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers, answer.read()

    def ask(self, method, path, body=None, name=None, with_token=True, headers=None, query=""):
        """One request; checks the answer against the document. Its status and its content."""
        self.asked.add((path, method.lower()))
        asked = path.replace("{name}", name or "") + query
        status, got, text = self.send(method, asked, body, with_token, headers)
        what, kind = f"{method} {asked}: {status}", got["Content-Type"]
        described = self.described(method, path, status)
        if described is None:
            self.fault(f"{what}: this operation is not described to answer so: {text[:300]}")
            return status, text
        if kind not in described.get("content", {kind: None}):
            self.fault(f"{what} is {kind}, described is {list(described['content'])}")
            return status, text
        if kind != "application/json":
            return status, text
        content = json.loads(text)
        self.check(described["content"][kind]["schema"], content, what)
        return status, content

    def expect(self, wanted, answer, code=None):
        """The content of an answer that must have this status, and, of an error, this code."""
        status, content = answer
        given = content.get("error", {}).get("code") if isinstance(content, dict) else None
        if status != wanted or (code and given != code):
            self.fault(f"{wanted} {code or ''} was expected, not {status} {given or ''}: {str(content)[:300]}")
        return content

    def check_other_method(self, path, name, method="PATCH"):
        """What no path knows is answered with all that this one knows."""
        status, headers, text = self.send(method, path.replace("{name}", name))
        if status != 405:
            self.fault(f"{method} {path}: 405 was expected, not {status}")
            return
        allowed = {each.strip().lower() for each in headers["Allow"].split(",")}
        wanted = set(DOCUMENT["paths"][path])
        wanted |= {"head"} if "get" in wanted else set()
        if allowed != wanted:
            self.fault(f"{path}: the server knows {sorted(allowed)}, described is {sorted(wanted)}")
        schema = self.strict["components"]["responses"]["Method"]["content"]["application/json"]["schema"]
        self.check(schema, json.loads(text), f"{method} {path}: 405")

    def check_is_complete(self):
        known = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
        for each in sorted(known - self.asked):
            self.fault(f"nobody asked for {each}")


class Events:
    """Reads /api/v1/events, and checks each event's document."""

    def __init__(self, contract):
        self.contract = contract
        contract.asked.add(("/api/v1/events", "get"))
        self.schemas = contract.strict["paths"]["/api/v1/events"]["get"]["x-events"]
        self.seen = {}
        # Longer than between two comments.
        self.answer = urllib.request.urlopen(contract.url + "/api/v1/events", timeout=15)
        if self.answer.headers["Content-Type"] != "text/event-stream":
            contract.fault(f"events are {self.answer.headers['Content-Type']}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()

    def read(self):
        """One line; where an event begins, its document, too, which is checked and kept."""
        line = self.answer.readline().decode()
        if line == "":
            raise http.client.IncompleteRead(b"")
        if not line.startswith("event: "):
            return
        name = line[7:].strip()
        data = self.answer.readline().decode()
        if name not in self.schemas or not data.startswith("data: "):
            self.contract.fault(f"event {name}: {data[:100]} is not described")
            return
        self.seen[name] = json.loads(data[6:])
        self.contract.check(self.schemas[name], self.seen[name], f"event {name}")

    def wait(self, what, is_so, seconds=30):
        """Whether it was seen before the deadline; a fault where not."""
        end = time.monotonic() + seconds
        while not is_so(self.seen):
            try:
                if time.monotonic() < end:
                    self.read()
                    continue
            except (OSError, http.client.HTTPException) as error:
                self.contract.fault(f"events ended: {error!r}")
            self.contract.fault(f"events: waited too long for {what}; seen: {sorted(self.seen)}")
            return False
        return True
