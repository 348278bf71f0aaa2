"""A random world: one or several files of hooks, the flags that both servers get, and the requests to each hook."""

import urllib.parse
from dataclasses import dataclass, field

from deliveries import SAMPLES, Request, some_request
from hooks import some_hook, some_identities
from notation import write
from oddities import apply
from regexes import some_regex
from templates import some_template
from words import some_text

HOOKS, REQUESTS = 8, 8


@dataclass
class World:
    kind: str  # regular, odd, template, regexes, several or flags
    hooks: list
    files: list  # (name, text); FOLDER in a text stands for the temporary folder
    flags: list
    prefix: str = "hooks"
    oddity: str = ""
    deliveries: list = field(default_factory=list)  # (index of the hook, request)

    def flag(self, name):
        return [value for flag, value in zip(self.flags, self.flags[1:] + [""]) if flag == name]


def some_flags(rng):
    """(flags, prefix): those that change what a request gets."""
    flags, prefix = [], "hooks"
    if rng.random() < 0.3:
        prefix = rng.choice(["", "h", "a/b", "Hooks", "x.y"])
        flags += ["-urlprefix", prefix]
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        flags += ["-header", rng.choice(["X-Flag=1", "X-Answer=flag", "X-Eq=a=b", "X-Empty=", "Content-Type=text/html",
                                         "x-lower=ü"])]
    if rng.random() < 0.15:
        flags += ["-http-methods", rng.choice(["POST", "POST,GET", "post, get", "POST,,PUT", "HEAD"])]
    if rng.random() < 0.3:
        flags += ["-x-request-id"] + (["-x-request-id-limit", "3"] if rng.random() < 0.5 else [])
    if rng.random() < 0.1:
        flags += ["-max-multipart-mem", rng.choice(["1", "100", "1048576"])]
    if rng.random() < 0.2:
        flags += [rng.choice(["-nopanic", "-hotreload", "-verbose", "--verbose", "-debug", "-verbose=true",
                              "-verbose=false"])]
    return flags, prefix


def regular(rng):
    flags, prefix = some_flags(rng)
    hooks = [some_hook(rng, identity) for identity in some_identities(rng, HOOKS)]
    for hook in hooks:
        if rng.random() < 0.03:
            del hook["inherit-environment"]
    cut = rng.randrange(1, len(hooks)) if rng.random() < 0.25 else len(hooks)
    files = []
    for number, part in enumerate([hooks[:cut], hooks[cut:]]):
        if part:
            style = rng.choice(["json", "flow", "block", "block"])
            files.append((f"hooks{number}." + ("json" if style == "json" else "yaml"), write(rng, part, style)))
    world = World("regular", hooks, files, flags, prefix)
    allowed = ",".join(world.flag("-http-methods")).split(",")
    world.deliveries = [(number, some_request(rng, hook, prefix, allowed)) for number,
                        hook in enumerate(hooks) for _ in range(REQUESTS)]
    return world


def odd(rng):
    hook = some_hook(rng, "odd")
    hook["include-command-output-in-response"] = True
    hook.pop("trigger-rule", None)
    oddity, change = apply(rng, hook)
    text = change(write(rng, [hook], "block"))
    requests = [Request("POST", "/hooks/odd"), Request("POST", "/hooks/odd", "a=1&token=x", [("X-Token", b"")])]
    identity = hook.get("id")
    if isinstance(identity, str) and identity.isalnum():
        requests.append(Request("GET", f"/hooks/{identity}"))
    requests += [Request("GET", f"/hooks/{name}") for name in ("second", "twice", "third", "m2", "other", "comma", "n",
                                                               "1", "true", "83")]
    meant = {key.lower(): value for key, value in hook.items()}
    return World("odd", [meant], [("hooks.yaml", text)], [], oddity=oddity,
                 deliveries=[(0, request) for request in requests])


SEVERAL = {"all good": "- {id: other, execute-command: report}\n",
           "broken file": "- {id: other, execute-command: report\n",
           "id twice": "- {id: hook-0, execute-command: report-fails}\n", "empty file": "", "no hooks": "[]\n"}


def several(rng):
    """A good file and another one, of which each start makes something else."""
    hook = some_hook(rng, "hook-0")
    oddity, text = rng.choice(list(SEVERAL.items()))
    files = [("one.yaml", write(rng, [hook], "flow")), ("two.yaml", text)]
    rng.shuffle(files)
    flags = rng.choice([[], [], ["-verbose"], ["-nopanic"]])
    requests = [Request("POST", "/hooks/hook-0"), Request("GET", "/hooks/other")]
    return World("several", [hook], files, flags, oddity=oddity, deliveries=[(0, request) for request in requests])


FLAGS = [["-header", "X"], ["-header", "=x"], ["-nosuch"], ["-urlprefix", "/h"], ["-urlprefix", "h/"],
         ["-urlprefix=h"], ["--urlprefix", "h"],
         ["-x-request-id-limit", "x"], ["-max-multipart-mem", "x"], ["-verbose=maybe"], ["-verbose=1"], ["-verbose=T"],
         ["stray"],
         ["-http-methods", ""], ["-http-methods", "get"], ["-http-methods", " POST , GET "], ["-nopanic=false"],
         ["-", "x"], ["--"],
         ["-urlprefix"], ["-header", "X-A=1", "-header", "x-a=2"], ["-http-methods", "POST", "-http-methods", "GET"],
         ["-hotreload=true"],
         ["-x-request-id-limit", "0x10"], ["-max-multipart-mem", "1_000"], ["-x-request-id-limit", "-1"],
         ["-header=X-A=1"], ["-template"]]


def flags(rng):
    """One hook, and flags that only sometimes are any."""
    hook = some_hook(rng, "hook-0")
    requests = [Request(method, f"/{prefix}hook-0") for method in ("GET", "POST")
                for prefix in ("hooks/", "h/", "/h/", "h//")]
    given = rng.choice(FLAGS)
    return World("flags", [hook], [("hooks.json", write(rng, [hook], "json"))], given, oddity=" ".join(given),
                 deliveries=[(0, request) for request in requests])


def regexes(rng):
    """One expression over many texts."""
    texts = [some_text(rng) for _ in range(12)] + rng.sample(SAMPLES, 6)
    parameter = {"source": "url", "name": "t"}
    matches = [{"type": "regex", "regex": some_regex(rng), "parameter": parameter} for _ in range(3)]
    hooks = [{"id": f"r{number}", "execute-command": "report", "trigger-rule": {"match": match}}
             for number, match in enumerate(matches)]
    requests = [(number, Request("GET", f"/hooks/r{number}", "t=" + urllib.parse.quote(text)))
                for number in range(len(hooks)) for text in texts]
    return World("regexes", hooks, [("hooks.json", write(rng, hooks, "json"))], [], deliveries=requests)


def template(rng):
    text = some_template(rng)
    hooks = [{"id": f"t{number}"} for number in range(text.count("- id: t"))]
    deliveries = [(number, Request("GET", f"/hooks/t{number}")) for number in range(len(hooks))]
    return World("template", hooks, [("hooks.yaml", text)], ["-template"], deliveries=deliveries)


def some_world(rng):
    return rng.choices([regular, odd, template, regexes, several, flags], [26, 38, 22, 6, 4, 4])[0](rng)
