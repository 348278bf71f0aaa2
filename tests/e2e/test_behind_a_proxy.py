"""A TLS proxy in front of the nginx that speaks to us: what INSTALL says of it."""

import http.client
import ssl
import subprocess

import pytest

from harness import SLOW, Process, Site, accepts, free_port, wait_until
from scenarios import OUTPUT, STREAM, shell

MIB = 1024 * 1024

HOOKS = (
    shell("address", 'printf %s "$1"', OUTPUT, arguments=("{source: request, name: remote-addr}",))
    + shell("size", 'wc -c < "$HOOK_BODY"', OUTPUT,
            "pass-file-to-command: [{source: raw-request-body, envname: HOOK_BODY}]")
    + shell("stream", 'echo one; while ! test -e "$1"; do sleep 0.01; done; echo two', STREAM,
            arguments=("{source: url, name: go}",))
)

PROXY = """\
worker_processes 1;
daemon off;
pid {folder}/proxy.pid;
error_log {folder}/proxy.error.log warn;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/proxy-body;
    proxy_temp_path {folder}/proxy-proxy;
    fastcgi_temp_path {folder}/proxy-fastcgi;
    uwsgi_temp_path {folder}/proxy-uwsgi;
    scgi_temp_path {folder}/proxy-scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/key.pem;
        location / {{
            client_max_body_size 26m;
            proxy_pass http://127.0.0.1:{behind};
            proxy_read_timeout 3700s;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""


class Proxied:
    def __init__(self, folder, trusted):
        self.folder = folder
        folder.write("hooks.yaml", HOOKS)
        config = folder.write("pocketci.yaml", f"hooks: hooks.yaml\n{trusted}\n")
        self.site = Site("nginx", folder, config)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", folder.path / "key.pem", "-out", folder.path / "certificate.pem"], check=True,
                       capture_output=True)
        for name in ("key.pem", "certificate.pem"):
            (folder.path / name).chmod(0o644)
        self.port = free_port()
        text = PROXY.format(folder=folder.path, port=self.port, behind=self.site.address[1])
        self.process = Process(["/usr/sbin/nginx", "-c", folder.write("proxy.conf", text), "-p", folder.path, "-e",
                                folder.path / "proxy.error.log"], folder.path / "proxy.log")
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "the proxy listens")

    def request(self, path, body=b"", headers=None):
        """The response, not read yet."""
        context = ssl.create_default_context(cafile=str(self.folder.path / "certificate.pem"))
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60 * SLOW, context=context)
        connection.request("POST", path, body=body, headers=headers or {})
        return connection.getresponse()

    def close(self):
        self.process.stop()
        self.site.stop()


@pytest.fixture
def proxied(folder):
    started = []

    def start(trusted=""):
        started.append(Proxied(folder, trusted))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_streamed_line_arrives(proxied, folder):
    response = proxied().request(f"/hooks/stream?go={folder.path}/go")
    assert response.status == 200
    assert response.readline() == b"one\n"
    folder.write("go", "")
    assert response.read() == b"two\n"


def test_a_large_body(proxied):
    site = proxied()
    assert site.request("/hooks/size", b"x" * (24 * MIB)).read().strip() == str(24 * MIB).encode()
    refused = site.request("/hooks/size", b"x" * (26 * MIB))
    assert refused.status == 413 and b"25 MiB" in refused.read()


def test_an_address_that_anybody_can_write_does_not_count(proxied):
    address = proxied().request("/hooks/address", headers={"X-Forwarded-For": "203.0.113.9"}).read()
    assert address.startswith(b"127.0.0.1:")


def test_a_trusted_proxy_says_who_the_client_is(proxied):
    """The proxy appends 127.0.0.1, which is trusted too; what stands left of it is believed only because of that."""
    site = proxied("trusted-proxies: 127.0.0.0/8")
    address = site.request("/hooks/address", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}).read()
    assert address == b"203.0.113.9:0"
