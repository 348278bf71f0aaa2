"""Bodies at and beyond the limits of either program: rare among the requests, since some are large."""

from bodies import BOUNDARY

MIB = 1 << 20


def _nested(depth):
    return b'{"a":' + b"[" * depth + b"1" + b"]" * depth + b"}"


def _part(disposition, more=b""):
    boundary = BOUNDARY.encode()
    return (b"--" + boundary + b"\r\nContent-Disposition: " + disposition + b"\r\n" + more + b"\r\nvalue\r\n--" +
            boundary + b"--\r\n")


JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "text/xml"
MULTIPART = "multipart/form-data; boundary=" + BOUNDARY

# name: (content type, function that makes the body, how often). The name is what the table of wanted differences knows.
BODIES = {
    "JSON of depth 120": (JSON, lambda: _nested(119), 8),
    "JSON of depth 1000": (JSON, lambda: _nested(1000), 8),
    "JSON of depth 10001": (JSON, lambda: _nested(10001), 4),
    "JSON of 499,000 values": (JSON, lambda: b'{"a":[' + b"0," * 498_990 + b"0]}", 1),
    "JSON of 600,000 values": (JSON, lambda: b'{"a":[' + b"0," * 600_000 + b"0]}", 1),
    "XML of depth 120": (XML, lambda: b"<a>" * 120 + b"x" + b"</a>" * 120, 8),
    "XML of depth 200": (XML, lambda: b"<a>" * 200 + b"x" + b"</a>" * 200, 8),
    "form of 9,999 fields": (FORM, lambda: b"&".join(b"f%d=1" % number for number in range(9_999)), 4),
    "form of 10,001 fields": (FORM, lambda: b"&".join(b"f%d=1" % number for number in range(10_001)), 4),
    "part header of 15 KiB": (MULTIPART, lambda: _part(b'form-data; name="a"', b"X-Long: " + b"x" * 15_000 + b"\r\n"),
                              8),
    "part header of 20 KiB": (MULTIPART, lambda: _part(b'form-data; name="a"', b"X-Long: " + b"x" * 20_000 + b"\r\n"),
                              8),
    "Unicode space in Content-Disposition": (MULTIPART, lambda: _part('form-data;\u00a0name="a"'.encode()), 8),
    "multipart of 10 MiB": (MULTIPART, lambda: _part(b'form-data; name="a"').replace(b"value", b"x" * (10 * MIB)), 1),
    "multipart of 12 MiB": (MULTIPART, lambda: _part(b'form-data; name="a"').replace(b"value", b"x" * (12 * MIB)), 1),
    "body of 24 MiB": ("text/plain", lambda: b"x" * (24 * MIB), 1),
    "body of 26 MiB": ("text/plain", lambda: b"x" * (26 * MIB), 1),
}


def some_limit(rng):
    """(name, content type, body)"""
    name = rng.choices(list(BODIES), [often for _, _, often in BODIES.values()])[0]
    content_type, make, _ = BODIES[name]
    return name, content_type, make()
