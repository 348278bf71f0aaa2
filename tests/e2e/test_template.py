"""-template: a file of hooks that is a template first, with its secret from a file."""

import subprocess

import pytest

from harness import BASE_ENVIRONMENT, BUILD, USER, Site, github_headers, wait_until

TEMPLATE = """\
{{- /* What differs between machines comes from outside. */ -}}
{{ $secret := cat "SECRET" -}}
{{ define "reply" }}response-message: "{{ . | js }}"{{ end -}}
{{ range $i := 2 -}}
- id: echo-{{ $i }}
  execute-command: {{ getenv "TEMPLATE_COMMAND" | js }}
  {{ template "reply" (printf "reply %03d" $i) }}
{{ end -}}
- id: signed
  execute-command: {{ or (getenv "TEMPLATE_NONE") "echo" }}
  include-command-output-in-response: true
  pass-arguments-to-command: [{source: string, name: {{ if eq (len $secret) 0 }}none{{ else }}signed{{ end }}}]
  trigger-rule:
    match: {type: payload-hmac-sha256, secret: "{{ js $secret }}", parameter: {source: header, name: X-Hub-Signature-256}}
"""

SECRET = 'it\'s "a" secret'


@pytest.mark.parametrize("kind", ["nginx", "apache-cgi"])
def test_template(folder, kind, monkeypatch):
    secret = folder.write("secret", SECRET + "\n", 0o644)
    text = TEMPLATE.replace("SECRET", str(secret))
    if kind == "apache-cgi":  # whose environment is the web server's
        text = text.replace('getenv "TEMPLATE_COMMAND"', '"true"')
    monkeypatch.setitem(BASE_ENVIRONMENT, "TEMPLATE_COMMAND", "true")
    folder.write("hooks.yaml", text)
    site = Site(kind, folder, folder.write("pocketci.yaml", "hooks: hooks.yaml\ntemplate: true\n"))
    try:
        assert site.get("/hooks/echo-0").text == "reply 000"
        assert site.get("/hooks/echo-1").text == "reply 001"
        assert site.get("/hooks/echo-2").status == 404
        body = b'{"a": 1}'
        headers = dict(github_headers(body, SECRET), **{"Content-Type": "application/json"})
        assert site.post("/hooks/signed", body, headers).text == "signed\n"
        wrong = dict(github_headers(body, "wrong"), **{"Content-Type": "application/json"})
        assert site.post("/hooks/signed", body, wrong).status == 500
        assert "secret" not in site.log().replace(str(secret), "")
    finally:
        site.stop()


@pytest.mark.parametrize("text,expected", [
    ("- id: a\n  execute-command: {{ foo }}\n", "hooks.yaml:2:23: template: there is no function \"foo\""),
    ("- id: a\n{{ if true }}\n", "hooks.yaml:3:1: template: the file ends in if"),
    ("{{ /**/ -}}\n", "hooks.yaml:1:4: template: "),
    ("{{- print -}}\n\n- id: a\n  execute-command: x\n  http-methods: {{ cat \"secret\" }}\n",
     "hooks.yaml: line 3, column 26 after the template: "),
    ("- id: a\n  execute-command: x\n  timeout: {{ cat \"secret\" | printf \"%q\" }}\n",
     "hooks.yaml: line 3, column 12 after the template: "),
])
def test_wrong_template(folder, text, expected):
    folder.write("secret", "hush-hush: hush-hush-hush\nmore-of-it: 1")
    hooks = folder.write("hooks.yaml", text)
    result = subprocess.run([BUILD / "pocketci.fcgi", "-template", "-hooks", hooks, "-socket", folder.path / "s"],
                            cwd=folder.path, env=BASE_ENVIRONMENT, capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, timeout=60, **USER)
    output = result.stdout + result.stderr
    assert result.returncode != 0 and expected in output, output
    assert "hush" not in output and "more-of" not in output, output


def test_without_the_flag_nothing_is_a_template(folder):
    folder.write("hooks.yaml", "- {id: a, execute-command: 'true', response-message: '{{ print 1 }}'}\n")
    site = Site("nginx", folder, folder.write("pocketci.yaml", "hooks: hooks.yaml\n"))
    try:
        assert site.get("/hooks/a").text == "{{ print 1 }}"
    finally:
        site.stop()
