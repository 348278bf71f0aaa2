"""The JSON Schema of hooks.yaml, tried with a validator that knows nothing of pocketci: what it takes and refuses."""

import json
import subprocess

import jsonschema
import pytest
import yaml

import scenarios
import test_octokit
from harness import BASE_ENVIRONMENT, BUILD, ROOT, USER

SIGNED = "{type: payload-hmac-sha256, secret: s, parameter: {source: header, name: X-S}}"


def hook(*lines):
    return "- id: a\n  execute-command: x\n" + "".join(f"  {line}\n" for line in lines)


def match(text):
    return hook("trigger-rule: {match: %s}" % text)


def value(text):
    return hook("pass-arguments-to-command: [%s]" % text)


class Loader(yaml.SafeLoader):
    """The name of a member is a text, as in pocketci, JSON and YAML 1.2: to YAML 1.1 `on` is true."""

    def construct_mapping(self, node, deep=False):
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:bool":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def load(text):
    return json.loads(json.dumps(yaml.load(text, Loader)))


GOOD = {
    "scenarios": scenarios.HOOKS,
    "octokit": test_octokit.HOOKS,
    **{f"examples-{path.stem}": path.read_text(encoding="utf-8")
       for path in sorted((ROOT / "examples").glob("*.yaml")) if path.stem != "pocketci"},
    "least": hook(),
    "dagger": "- {id: a, checkout: true, dagger: {call: t, arguments: {source: ., n: [1, {source: url, name: a}], b: yes}, "
              "secrets: {token: t}}}\n",
    "dagger-chain": "- {id: a, checkout: true, dagger: {module: ., call: [c, {call: d, arguments: {a: [b]}}, e], "
                    "constructor: {a: b}}}\n",
    "dagger-dispatch": "- {id: a, checkout: true, dagger: {dispatch: true, cloud-token: t, runner-host: 'tcp://a:1'}}\n",
    "numbers-as-texts": "- {id: 5, execute-command: 1.5, response-message: true}\n",
    "string-by-value": value("{source: string, value: '--debug'}"),
    "string-by-name": value("{source: string, name: 7}"),
    "sources": value("{source: url, name: a}, {source: query, name: a}, {source: request, name: Remote-Addr}, "
                     "{source: request, name: method}, {source: raw-request-body}, {source: entire-headers}, "
                     "{source: event, name: commit}, {source: event, name: Clone-URL}"),
    "every-type": hook("trigger-rule: {or: [%s]}" % ", ".join("{match: %s}" % text for text in (
        SIGNED, "{type: value, value: 1, parameter: {source: url, name: a}}",
        "{type: regex, regex: '^a', parameter: {source: payload, name: a.b}}", "{type: ip-whitelist, ip-range: '::1'}",
        "{type: payload-hash-sha1, secret: s, parameter: {source: header, name: X-S}}",
        "{type: payload-hmac-sha512, secret: s, parameter: {source: header, name: X-S}}",
        "{type: scalr-signature, secret: s}", "{type: forge-signature, secret: s}",
        "{type: standard-webhooks, secret: whsec_a2V5}",
        "{type: exists, parameter: {source: payload, name: a}}",
        "{type: less, value: 5, parameter: {source: payload, name: a}}",
        "{type: greater, value: '1e400', parameter: {source: payload, name: a, default: 0}}"))),
    "secrets": match("{type: scalr-signature, secret: [s, {env: A}, {file: a/b}, {credential: c}]}"),
    "kept-secret": match("{type: payload-hmac-sha1, secret: {file: a}, parameter: {source: header, name: X-S}}"),
    "kept-value": match("{type: value, value: {credential: a}, parameter: {source: header, name: X-T}}"),
    "private": hook("pass-environment-to-command: [{source: secret, name: a}, "
                    "{source: string, value: {env: A}, envname: B}, {source: string, name: {file: a}, envname: C}]",
                    "pass-file-to-command: [{source: secret, name: a, envname: D, base64decode: true}]"),
    "default": value("{source: payload, name: a, default: b}, {source: url, name: a, default: 5}"),
    "deep-rules": hook("trigger-rule: {and: [{or: [{not: {and: [{match: %s}]}}]}, {not: {}}]}" % SIGNED),
    "key-without-effect": match("{type: value, value: a, secret: s, parameter: {source: url, name: a}}"),
    "one-method": hook("http-methods: POST"),
    "methods": hook("http-methods: [POST, ' put ']"),
    "headers": hook("response-headers: [{name: X-A, value: 5}, {name: X-B}]"),
    "checkout": hook("checkout: true"),
    "checkout-map": hook("checkout: {repository: https://example.org/a.git, ref: {source: payload, name: ref}}"),
    "run": "- {id: a, run: make}\n",
    "stdin": hook("pass-stdin-to-command: {source: entire-payload}"),
    "uploads": hook("pass-uploads-to-command: true"),
    "uploads-listed": hook("pass-uploads-to-command: [{name: a}, {name: b, envname: B}]"),
    "exit-codes": hook("exit-codes: {1: 200, 99: 404, 255: 511}", "stream-command-output: true"),
    "words": hook("stop-signal: SIGHUP", "when-client-leaves: stop", "keep-processes: yes"),
    **{f"timeout-{t}": hook(f"timeout: {t}") for t in ("none", "None", "1ms", "90s", "1h30m", "1d2h3m4s5ms", "2m5ms")},
}

BAD = {
    "empty": "[]\n",
    "map": "id: a\nexecute-command: x\n",
    "no-id": "- execute-command: x\n",
    "no-command": "- id: a\n",
    "empty-id": "- {id: '', execute-command: x}\n",
    "empty-command": "- {id: a, execute-command: ''}\n",
    "list-as-text": hook("response-message: [a]"),
    "unknown-key": hook("trigger-rules: {}"),
    "quoted-bool": hook("stream-command-output: 'true'"),
    "text-as-number": hook("success-http-response-code: ok"),
    "fraction": hook("success-http-response-code: 200.5"),
    "methods": hook("http-methods: {a: b}"),
    "header-without-name": hook("response-headers: [{value: b}]"),
    "header-key": hook("response-headers: [{name: a, valeu: b}]"),
    "headers-as-map": hook("response-headers: {name: a, value: b}"),
    "value-as-text": value("ref"),
    "values-as-map": hook("pass-arguments-to-command: {source: url, name: a}"),
    "no-source": value("{name: a}"),
    "unknown-source": value("{source: Header, name: a}"),
    "value-key": value("{source: url, name: a, env: A}"),
    "header-name": value("{source: header}"),
    "payload-by-value": value("{source: payload, value: a}"),
    "payload-by-both": value("{source: payload, name: a, value: a}"),
    "string-by-both": value("{source: string, name: a, value: a}"),
    "request-name": value("{source: request, name: host}"),
    "request-without-name": value("{source: request}"),
    "event-name": value("{source: event, name: weather}"),
    "event-without-name": value("{source: event}"),
    "body-by-value": value("{source: raw-request-body, value: a}"),
    "rule-as-list": hook("trigger-rule: [{match: %s}]" % SIGNED),
    "and-as-map": hook("trigger-rule: {and: {match: %s}}" % SIGNED),
    "not-as-list": hook("trigger-rule: {not: [{match: %s}]}" % SIGNED),
    "rule-key": hook("trigger-rule: {nand: []}"),
    "deep-rule-key": hook("trigger-rule: {and: [{or: [{not: {mtach: %s}}]}]}" % SIGNED),
    "no-type": match("{value: a, parameter: {source: url, name: a}}"),
    "unknown-type": match("{type: valeu, value: a, parameter: {source: url, name: a}}"),
    "match-key": match("{type: value, value: a, paramter: {source: url, name: a}}"),
    "value-by-secret": match("{type: value, secret: a, parameter: {source: url, name: a}}"),
    "regex-without-regex": match("{type: regex, value: a, parameter: {source: url, name: a}}"),
    "hmac-without-secret": match("{type: payload-hmac-sha1, parameter: {source: url, name: a}}"),
    "old-hmac-without-secret": match("{type: payload-hash-sha1, parameter: {source: url, name: a}}"),
    "hmac-without-parameter": match("{type: payload-hmac-sha512, secret: s}"),
    "ip-range": match("{type: ip-whitelist}"),
    "scalr-secret": match("{type: scalr-signature}"),
    "forge-secret": match("{type: forge-signature}"),
    "parameter-source": match("{type: value, value: a, parameter: {source: urll, name: a}}"),
    "exists-without-parameter": match("{type: exists}"),
    "less-without-value": match("{type: less, parameter: {source: url, name: a}}"),
    "greater-without-parameter": match("{type: greater, value: 5}"),
    "standard-webhooks-secret": match("{type: standard-webhooks}"),
    "no-secrets": match("{type: scalr-signature, secret: []}"),
    "secrets-in-secrets": match("{type: scalr-signature, secret: [[s]]}"),
    "kept-nowhere": match("{type: scalr-signature, secret: {}}"),
    "kept-twice": match("{type: scalr-signature, secret: {env: A, file: b}}"),
    "kept-key": match("{type: scalr-signature, secret: {fil: b}}"),
    "values": match("{type: value, value: [a], parameter: {source: header, name: X-T}}"),
    "default-list": value("{source: payload, name: a, default: [b]}"),
    "secret-as-argument": value("{source: secret, name: a}"),
    "secret-as-parameter": match("{type: value, value: a, parameter: {source: secret, name: a}}"),
    "secret-as-ref": hook("checkout: {ref: {source: secret, name: a}}"),
    "secret-without-name": hook("pass-environment-to-command: [{source: secret}]"),
    "secret-by-value": hook("pass-environment-to-command: [{source: secret, value: a}]"),
    "checkout-text": hook("checkout: main"),
    "checkout-key": hook("checkout: {branch: main}"),
    "checkout-value": hook("checkout: {ref: {source: payload}}"),
    "run-and-command": hook("run: make"),
    "dagger-and-command": hook("checkout: true", "dagger: {call: t}"),
    "dagger-and-run": "- {id: a, checkout: true, run: x, dagger: {call: t}}\n",
    "dagger-text": "- {id: a, checkout: true, dagger: test}\n",
    "dagger-key": "- {id: a, checkout: true, dagger: {call: t, argument: {a: b}}}\n",
    "dagger-argument": "- {id: a, checkout: true, dagger: {call: t, arguments: {--a: b}}}\n",
    "dagger-value": "- {id: a, checkout: true, dagger: {call: t, arguments: {a: {source: nowhere}}}}\n",
    "dagger-secret": "- {id: a, checkout: true, dagger: {call: t, secrets: {a: [b]}}}\n",
    "dagger-chain": "- {id: a, checkout: true, dagger: {call: []}}\n",
    "empty-run": "- {id: a, run: ''}\n",
    "stdin-text": hook("pass-stdin-to-command: payload"),
    "stdin-list": hook("pass-stdin-to-command: [{source: entire-payload}]"),
    "uploads-text": hook("pass-uploads-to-command: report"),
    "upload-without-name": hook("pass-uploads-to-command: [{envname: A}]"),
    "upload-key": hook("pass-uploads-to-command: [{name: a, env: A}]"),
    "exit-codes-list": hook("exit-codes: [3]"),
    **{f"exit-code-{n}": hook(f"exit-codes: {{'{n}': 422}}") for n in ("0", "256", "-1", "07", "default", "1000")},
    **{f"exit-status-{n}": hook(f"exit-codes: {{3: {n}}}") for n in ("199", "600", "ok", "''", "422.5")},
    "signal": hook("stop-signal: TREM"),
    "leaves": hook("when-client-leaves: maybe"),
    **{f"timeout-{t}": hook(f"timeout: {t}") for t in ("10", "s", "5m1h", "1.5h", "-1s", "10 minutes", "''", "1S")},
}


@pytest.fixture(scope="module")
def validator():
    printed = subprocess.run([BUILD / "pocketci", "check", "-schema"], env=BASE_ENVIRONMENT, capture_output=True,
                             check=True, text=True, timeout=60, **USER).stdout
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def check(folder, text):
    path = folder.write("hooks.yaml", text)
    return subprocess.run([BUILD / "pocketci", "check", path], env=BASE_ENVIRONMENT, capture_output=True, text=True,
                          timeout=60, check=False, **USER)


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_good(folder, validator, text):
    errors = [error.message for error in validator.iter_errors(load(text))]
    assert not errors
    assert check(folder, text).returncode == 0


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_bad(folder, validator, text):
    """Whatever the schema refuses the program refuses too: they must not disagree before a reader's eyes."""
    assert not validator.is_valid(load(text))
    assert check(folder, text).returncode == 1
