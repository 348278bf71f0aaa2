"""A FastCGI client that speaks to the responder's socket itself: a request, or just a part of one."""

import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, GET_VALUES = 1, 2, 3, 4, 5, 6, 7, 9
RESPONDER = 1


def record(kind, content=b"", request_id=1):
    return struct.pack(">BBHHBB", 1, kind, request_id, len(content), 0, 0) + content


def records(kind, content):
    """A whole stream: its records and the empty one that ends it."""
    pieces = [content[i:i + 65535] for i in range(0, len(content), 65535)]
    return b"".join(record(kind, piece) for piece in pieces) + record(kind)


def begin(role=RESPONDER, flags=0):
    return record(BEGIN, struct.pack(">HB5x", role, flags))


def pair(name, value):
    def length(data):
        return bytes([len(data)]) if len(data) < 128 else struct.pack(">I", len(data) | 0x80000000)
    name, value = (text if isinstance(text, bytes) else text.encode() for text in (name, value))
    return length(name) + length(value) + name + value


def parameters(method, path, body, headers=None, more=None):
    given = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2],
        "REQUEST_URI": path, "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "192.0.2.1", "REMOTE_PORT": "4711",
        "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1",
    }
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        given[key if key == "CONTENT_TYPE" else "HTTP_" + key] = value
    given.update(more or {})
    return b"".join(pair(name, value) for name, value in given.items())


class Reply:
    def __init__(self, output):
        head, separator, self.body = output.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n") if separator else []
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.status = int(self.headers.get("status", "200").split()[0]) if separator else None

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def __repr__(self):
        return f"<{self.status} {self.text[:300]!r}>"


class Connection:
    """One connection. address: the path of a Unix socket, or (host, port)."""

    def __init__(self, address, timeout=30):
        self.socket = socket.socket(socket.AF_UNIX if isinstance(address, str) else socket.AF_INET)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)
        return self

    def send_request(self, method, path, body=b"", headers=None, more=None, flags=0):
        return self.send(begin(flags=flags) + records(PARAMS, parameters(method, path, body, headers, more)) +
                         records(STDIN, body))

    def read(self, size):
        while len(self.buffer) < size:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_record(self):
        """(kind, content), or None at the end of the connection."""
        header = self.read(8)
        if header is None:
            return None
        _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", header)
        return kind, self.read(length + padding)[:length]

    def read_output(self):
        """All that comes on STDOUT until the server closes; `ended` says then whether END_REQUEST came before."""
        output, self.ended = b"", False
        while (got := self.read_record()) is not None:
            if got[0] == STDOUT:
                output += got[1]
            self.ended = self.ended or got[0] == END
        return output

    def read_reply(self):
        """The reply whole; its `ended` says whether END_REQUEST came, after which the server must close."""
        reply = Reply(self.read_output())
        reply.ended = self.ended
        return reply

    def at_end(self):
        """Whether the server closed without another byte."""
        try:
            return self.buffer == b"" and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def call(address, method, path, body=b"", headers=None, more=None, timeout=30):
    """One request and its reply."""
    with Connection(address, timeout) as connection:
        return connection.send_request(method, path, body, headers, more).read_reply()
