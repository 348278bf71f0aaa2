"""The hooks that the shared scenarios call, and the configuration around them."""

FILES = {
    "hello.txt": "hello\n",
    "build.sh": "#!/bin/sh\necho building $POCKETCI_COMMIT\n",
    "sub/inner.txt": "inner\n",
}

# Beside hooks.yaml, which names them.
SECRETS = {"secrets/new": "the new one\n", "secrets/token": "t0ken-of-the-header\n", "secrets/deploy": "t0ken-to-deploy\n"}

SIGNED = """
  trigger-rule:
    match: {type: payload-hmac-sha256, secret: itsasecret, parameter: {source: header, name: X-Hub-Signature-256}}"""


def shell(identity, script, *more, arguments=(), signed=False):
    """A hook that runs a script by /bin/sh; `more` are further lines of it."""
    lines = [f"- id: {identity}", "  execute-command: /bin/sh", "  pass-arguments-to-command:",
             "  - {source: string, name: -c}", "  - source: string", "    name: |"]
    lines += ["      " + line for line in script.strip().split("\n")]
    lines += ["  - {source: string, name: sh}"] + [f"  - {a}" for a in arguments]
    lines += ["  " + line for line in more]
    return "\n".join(lines) + (SIGNED if signed else "") + "\n"


def script(identity, text, *more, arguments=(), signed=False):
    """A hook whose script stands under `run`."""
    lines = [f"- id: {identity}", "  run: |"] + ["    " + line for line in text.strip().split("\n")]
    lines += ["  pass-arguments-to-command: [%s]" % ", ".join(arguments)] if arguments else []
    lines += ["  " + line for line in more]
    return "\n".join(lines) + (SIGNED if signed else "") + "\n"


OUTPUT = "include-command-output-in-response: true"
ON_ERROR = "include-command-output-in-response-on-error: true"
STREAM = "stream-command-output: true"

HOOKS = "".join([
    # The reference's language.
    "- id: message\n  execute-command: /bin/true\n  response-message: Started.\n  success-http-response-code: 201\n"
    "  response-headers:\n  - {name: X-Answer, value: '42'}\n",
    "- id: a/b c\n  execute-command: /bin/echo\n  include-command-output-in-response: true\n",
    "- id: get-only\n  execute-command: /bin/true\n  http-methods: [' get ']\n",
    "- id: mismatch\n  execute-command: /bin/true\n  trigger-rule-mismatch-http-response-code: 418\n"
    "  trigger-rule:\n    match: {type: value, value: open, parameter: {source: url, name: sesame}}\n",
    "- id: signed\n  execute-command: /bin/echo\n  include-command-output-in-response: true\n"
    "  pass-arguments-to-command: [{source: payload, name: commits.0.message}]" + SIGNED + "\n",
    "- id: unknown-code\n  execute-command: /bin/true\n  success-http-response-code: 999\n  response-message: done\n",
    shell("values", 'printf "%s|" "$@"; printf "%s|%s" "$HOOK_who" "$TOKEN"', OUTPUT,
          "pass-environment-to-command: [{source: url, name: who}, {source: string, name: t, envname: TOKEN}]",
          arguments=("{source: payload, name: a.b.1}", "{source: header, name: x-custom-thing}", "{source: url, name: q}",
                     "{source: request, name: method}", "{source: payload, name: missing}",
                     "{source: entire-payload}", "{source: raw-request-body}", "{source: entire-query}")),
    shell("file", 'cat "$HOOK_A"; ls -l "$HOOK_A" | cut -c1-10; echo "$HOOK_A"', OUTPUT,
          "pass-file-to-command: [{source: payload, name: a, base64decode: true}]"),
    shell("fields", 'printf %s "$1"', OUTPUT, "parse-parameters-as-json: [{source: payload, name: named}]",
          arguments=("{source: entire-payload}",)),
    shell("bearer", 'printf %s "$1"', OUTPUT, arguments=("{source: header, name: Authorization}",)),
    shell("event", 'printf "%s|" "$@"', OUTPUT, "trigger-rule: {match: {type: forge-signature, secret: 'azure:s3cret'}}",
          arguments=tuple("{source: event, name: %s}" % name for name in ("type", "forge", "branch", "tag", "before"))),
    shell("size", 'wc -c < "$HOOK_BODY"', OUTPUT,
          "pass-file-to-command: [{source: raw-request-body, envname: HOOK_BODY}]"),
    shell("address", 'printf %s "$1"', OUTPUT, arguments=("{source: request, name: remote-addr}",)),
    script("script", 'echo "$# $1|$2"\n${2:+false}\necho end', OUTPUT, ON_ERROR,
           arguments=("{source: url, name: a}", "{source: url, name: b}")),
    script("stdin", "cat", OUTPUT, "pass-stdin-to-command: {source: entire-payload}"),
    script("stdin-size", "wc -c", OUTPUT, "pass-stdin-to-command: {source: raw-request-body}"),
    script("stdin-unread", "echo unread", OUTPUT, "pass-stdin-to-command: {source: raw-request-body}"),
    script("stdin-missing", "wc -c", OUTPUT, "pass-stdin-to-command: {source: payload, name: missing}"),
    script("uploads", 'cat "$HOOK_UPLOAD_REPORT" "$HOOK_UPLOAD_REPORT_2"; ls -l "$HOOK_UPLOAD_REPORT" | cut -c1-10\n'
           'env | grep ^HOOK_UPLOAD_ | sort', OUTPUT, "pass-uploads-to-command: true"),
    script("upload", 'wc -c < "$REPORT"; echo "$REPORT_FILENAME $REPORT_TYPE"; env | grep -c ^HOOK_UPLOAD || true\n'
           'echo "$1"', OUTPUT, "pass-uploads-to-command: [{name: report, envname: REPORT}]",
           arguments=("{source: entire-payload}",)),
    # Beyond the reference's language.
    "- id: rules\n  execute-command: /bin/echo\n  include-command-output-in-response: true\n"
    "  pass-arguments-to-command: [{source: payload, name: user.name, default: nobody}]\n"
    "  trigger-rule:\n    and:\n"
    "    - match: {type: exists, parameter: {source: payload, name: number}}\n"
    "    - not: {match: {type: exists, parameter: {source: payload, name: draft.since}}}\n"
    "    - match: {type: greater, value: 9007199254740992, parameter: {source: payload, name: number}}\n"
    "    - match: {type: less, value: '1e400', parameter: {source: url, name: limit, default: '0'}}\n",
    "- id: rotated\n  execute-command: /bin/true\n  response-message: held\n"
    "  trigger-rule:\n    match: {type: payload-hmac-sha256, secret: [{file: secrets/new}, itsasecret], "
    "parameter: {source: header, name: X-Hub-Signature-256}}\n",
    shell("secrets", 'printf "%s|" "$TOKEN"; cat "$TOKEN_FILE"; printf "|%s" "$AGAIN"', OUTPUT,
          "pass-environment-to-command: [{source: secret, name: deploy, envname: TOKEN}, "
          "{source: string, value: {file: secrets/token}, envname: AGAIN}]",
          "pass-file-to-command: [{source: secret, name: deploy, envname: TOKEN_FILE}]",
          "trigger-rule: {match: {type: value, value: {file: secrets/token}, parameter: {source: header, name: X-Token}}}"),
    # Commands and how they end.
    script("codes", 'echo "it is $1"; exit $1', OUTPUT, "exit-codes: {3: 422, 4: 409}",
           arguments=("{source: url, name: code}",)),
    script("codes-streamed", 'echo "it is $1"; exit $1', STREAM, "exit-codes: {3: 422}",
           arguments=("{source: url, name: code}",)),
    shell("fails", "echo some output; exit 3", OUTPUT),
    shell("fails-shown", "echo some output; exit 3", OUTPUT, ON_ERROR),
    shell("killed", "kill -9 $$", OUTPUT),
    "- id: missing\n  execute-command: /nonexistent/program\n  include-command-output-in-response: true\n",
    "- id: missing-silent\n  execute-command: /nonexistent/program\n  response-message: fine\n",
    "- id: not-executable\n  execute-command: /etc/passwd\n  include-command-output-in-response: true\n",
    shell("binary", r"printf '\000\001\377\376'", OUTPUT),
    shell("both", "echo out; echo err >&2", OUTPUT),
    shell("gigabyte", "head -c 1073741824 /dev/zero", OUTPUT),
    shell("gigabyte-streamed", "head -c 1073741824 /dev/zero", STREAM),
    shell("silent", "sleep 62; echo late", OUTPUT),
    shell("timeout", "echo begun; setsid sleep 1000 & sleep 1000", OUTPUT, "timeout: 500ms",
          "pass-environment-to-command: [{source: url, name: mark, envname: MARK}]"),
    shell("environment", "env", OUTPUT),
    shell("descriptors", "ls -l /proc/self/fd | wc -l; ps -o sid= -p $$ | tr -d ' '; echo $$; readlink /proc/$$/fd/0",
          OUTPUT),
    shell("leaves-behind", "setsid sleep 1000 >/dev/null 2>&1 & echo $!", OUTPUT),
    # Streaming. Each line waits for a file that the test makes, so that nothing but streaming lets the next one come.
    shell("stream", 'echo one; while ! test -e "$1"; do sleep 0.01; done; echo two; exit ${2:-0}', STREAM,
          arguments=("{source: url, name: go}", "{source: url, name: code}")),
    shell("stream-fails-early", "echo no; exit 4", STREAM),
    # A client that leaves.
    shell("outlives", 'echo $$ > "$1.pid"; while ! test -e "$1"; do sleep 0.01; done; echo done > "$1.done"', OUTPUT,
          arguments=("{source: url, name: go}",)),
    shell("outlives-streaming",
          'echo $$ > "$1.pid"; while ! test -e "$1"; do echo tick; sleep 0.01; done; echo done > "$1.done"', STREAM,
          arguments=("{source: url, name: go}",)),
    shell("stops", 'echo $$ > "$1.pid"; while :; do echo tick; sleep 0.01; done', STREAM, "when-client-leaves: stop",
          "timeout: 2m", arguments=("{source: url, name: go}",)),
    shell("background", 'while ! test -e "$1"; do sleep 0.01; done; echo done > "$1.done"',
          arguments=("{source: url, name: go}",)),
    # Checkout.
    shell("push", 'git status --porcelain; git log -1 --format=%H; cat hello.txt; pwd; git rev-parse --abbrev-ref HEAD',
          OUTPUT, ON_ERROR, "checkout: true", signed=True),
    script("push-run", 'git log -1 --format=%H; test "$PWD" = "$(git rev-parse --show-toplevel)"\n'
           'cat hello.txt; cmp - "$POCKETCI_EVENT_FILE"; git status --porcelain; exit "$1"', OUTPUT, "checkout: true",
           "pass-stdin-to-command: {source: raw-request-body}", "exit-codes: {3: 422}",
           arguments=("{source: url, name: code}",), signed=True),
    script("push-run-background", 'cat hello.txt - > "$1.done"', "checkout: true", "response-message: Started.",
           "pass-stdin-to-command: {source: payload, name: ref}", arguments=("{source: url, name: go}",), signed=True),
    script("script-background", 'cat > "$1.part"; mv "$1.part" "$1.done"',
           "pass-stdin-to-command: {source: raw-request-body}", arguments=("{source: url, name: go}",)),
    shell("push-secrets", 'printf "%s|" "$TOKEN"; cat "$TOKEN_FILE"', OUTPUT, "checkout: true",
          "pass-environment-to-command: [{source: secret, name: deploy, envname: TOKEN}]",
          "pass-file-to-command: [{source: secret, name: deploy, envname: TOKEN_FILE}]", signed=True),
    shell("push-environment", "env; cat $POCKETCI_EVENT_FILE", OUTPUT, "checkout: true", signed=True),
    "- id: push-script\n  execute-command: ./build.sh\n  checkout: true\n  include-command-output-in-response: true"
    + SIGNED + "\n",
    shell("push-inner", "cat inner.txt", OUTPUT, "checkout: true", "command-working-directory: sub", signed=True),
    shell("push-outside", "pwd", OUTPUT, "checkout: true", "command-working-directory: ../..", signed=True),
    shell("push-stream", 'cat hello.txt; while ! test -e "$1"; do sleep 0.01; done; echo two', STREAM, "checkout: true",
          arguments=("{source: url, name: go}",), signed=True),
    shell("push-outlives", 'echo $$ > "$1.pid"; while ! test -e "$1"; do sleep 0.01; done; echo done > "$1.done"',
          OUTPUT, "checkout: true", arguments=("{source: url, name: go}",), signed=True),
    shell("push-stops", 'echo $$ > "$1.pid"; while :; do echo tick; sleep 0.01; done', STREAM, "checkout: true",
          "when-client-leaves: stop", "timeout: 2m", arguments=("{source: url, name: go}",), signed=True),
    shell("push-background", 'cat hello.txt > "$1.done"', "checkout: true", "response-message: Started.",
          arguments=("{source: url, name: go}",), signed=True),
    shell("push-together", 'echo "$1" > mine; touch "$2/$1"; while test $(ls "$2" | wc -l) -lt 2; do sleep 0.01; done; '
          'cat mine; git status --porcelain', OUTPUT, "checkout: true",
          arguments=("{source: url, name: name}", "{source: url, name: meet}"), signed=True),
    shell("push-timeout", "cat hello.txt", OUTPUT, "checkout: true", "timeout: 2s", signed=True),
    shell("fixed", "git log -1 --format=%s; cat hello.txt", OUTPUT, ON_ERROR,
          "checkout: {repository: {source: url, name: from}, ref: refs/heads/main}"),
])


def configuration(world):
    return f"""\
hooks: hooks.yaml
state: state
stop-grace: 2s
timeout: 5m
verbose: true
secrets: {{deploy: {{file: secrets/deploy}}}}
repositories:
- match: http://{world.http.host}/acme/*
  token: tok3n
- match: git://{world.daemon.host}/acme/*
- match: file://{world.folder.path}/git/acme/*
- match: http://127.0.0.1:9/acme/*
"""
