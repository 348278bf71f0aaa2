"""Bodies of every type that hooks read, whole and broken, around the values that a request is meant to carry."""

import urllib.parse

from words import PAYLOAD_NAMES, Number, payload_tree, plant, some_scalar, some_text, some_tree, write_json

JSON_TYPES = ["application/json", "application/json; charset=utf-8", "application/vnd.github+json", "text/json", "json"]
FORM_TYPES = ["application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=UTF-8",
              "x-www-form-urlencoded"]
XML_TYPES = ["application/xml", "text/xml; charset=utf-8", "xml", "application/atom+xml"]
NO_TYPES = ["", "text/plain", "application/octet-stream", "APPLICATION/JSON", "multipart/mixed; boundary=x",
            "multipart/form-data"]


def _as_text(value):
    return value if isinstance(value, str) else {True: "true", False: "false", None: ""}.get(value, "x")


def _quoted(rng, text):
    style = rng.random()
    data = text.encode("utf-8", "surrogateescape")
    if style < 0.1:
        return "".join(f"%{byte:02{rng.choice('xX')}}" for byte in data)
    if style < 0.5:
        return urllib.parse.quote(data, safe="")
    return urllib.parse.quote_plus(data, safe=rng.choice(["", "/:@!$'()*,[]{}\"<>"]))


def form_text(rng, fields):
    """name=value&…, sometimes with the oddities that Go's url.ParseQuery knows."""
    parts = []
    for name, value in fields:
        part = f"{_quoted(rng, name)}={_quoted(rng, value)}"
        if rng.random() < 0.04:
            part = rng.choice([_quoted(rng, name), "=" + _quoted(rng, value), part + "=x", "", "&", "%zz=1", "%4",
                               "a;b=c",
                               part + "%", "%ff=%fe", "a=b;c=d"])
        parts.append(part)
    return "&".join(parts)


def form_body(rng, wanted, names):
    fields = [(name, _as_text(value)) for name, value in wanted.items()]
    fields += [(rng.choice(names), some_text(rng)) for _ in range(rng.randrange(0, 5))]
    if rng.random() < 0.15:
        fields.append(("payload", write_json(rng, payload_tree(rng))))
    if rng.random() < 0.08:
        fields = [("payload", write_json(rng, payload_tree(rng)))]
    if rng.random() < 0.3:
        rng.shuffle(fields)
    return form_text(rng, fields).encode("ascii", "ignore")


def json_body(rng, wanted, _):
    if rng.random() < 0.12 and not any(not name.startswith("root") for name in wanted):
        tree = {"root": [some_tree(rng) for _ in range(rng.randrange(0, 4))]}
    else:
        tree = payload_tree(rng)
    for name, value in wanted.items():
        plant(tree, name, value)
    if set(tree) == {"root"} and isinstance(tree["root"], list):
        tree = tree["root"]
    text = write_json(rng, tree)
    if rng.random() < 0.06:
        text = rng.choice([
            text[:rng.randrange(len(text) + 1)], text + " trailing", text + text, "\ufeff" + text, "", "null", "1",
            '"x"',
            "true", "[", "{", "nul", "{'a': 1}", '{"a": 01}', '{"a": 1.}', '{"a": .5}', '{"a": +1}', '{"a": NaN}',
            '{"a": 1,}',
            '[1,]', '{"a": "\t"}', '{"a": "\\x41"}', '{"a": "\\ud800"}', '{"a": "\\ud83d\\ude00"}',
            '{"a": "\\udc00\\ud800"}',
            '{"a": 1} // c', '{"a": 1, "a": 2}', '{"a": {"b": 1}, "a": {"c": 2}}', '\v{"a": 1}', '\u00a0[1]',
            '\u00a0{"a":1}',
            "[" * 100 + "]" * 100, '{"a":' * 90 + "1" + "}" * 90, '[1] x', '{"ref": null}', '{"a": "\x7f"}', '\x0c[1]'])
    data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.02 and data:
        at = rng.randrange(len(data))
        data = data[:at] + rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00", b"\xf5\x80\x80\x80"]) + data[at:]
    return data


# --- XML --------------------------------------------------------------------------------------------------------------

XML_NAMES = ["push", "commit", "a", "b", "c", "id", "x-y", "n:a", "é", "_u", "A", "ref"]


def _xml_text(rng, text):
    text = "".join(c for c in text if c in "\t\n" or c >= " ")
    if rng.random() < 0.1 and "]]>" not in text:
        return f"<![CDATA[{text}]]>"
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("]]>", "]]&gt;")
    if rng.random() < 0.2:
        text = "".join(f"&#x{ord(c):x};" if rng.random() < 0.3 else c for c in text)
    return text


def _xml_element(rng, name, depth):
    attributes = ""
    for attribute in rng.sample(["id", "x", "n:y", "é"], rng.choice([0, 0, 1, 2])):
        value = _xml_text(rng, some_text(rng).replace("\n", " ").replace("\t", " ")).replace('"', "&quot;")
        if "CDATA" not in value:
            attributes += f' {attribute}="{value}"'
    if rng.random() < 0.1:
        return f"<{name}{attributes}/>"
    inner = ""
    for _ in range(rng.randrange(0, 4) if depth else 1):
        kind = rng.random()
        if not depth or kind < 0.35:
            inner += rng.choice(["", " ", "\n"]) + _xml_text(rng, some_text(rng))
        elif kind < 0.92:
            inner += _xml_element(rng, rng.choice(XML_NAMES), depth - 1) + rng.choice(["", "\n  "])
        else:
            inner += rng.choice(["<!-- c -->", "<?pi x?>", "<!---->"])
    return f"<{name}{attributes}>{inner}</{name}>"


def xml_body(rng, _wanted, _names):
    root = _xml_element(rng, rng.choice(["push", "push", "a", "n:root", "ref"]), 3)
    if rng.random() < 0.3:
        root = '<push id="1"><commit id="x">one</commit><commit id="y">two</commit>' + root + "tail</push>"
    text = rng.choice(["", "", "", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- c -->\n",
                       "\n "]) + root
    if rng.random() < 0.06:
        text = rng.choice([text[:rng.randrange(len(text) + 1)], "", " ", "text", text + "<b/>", text + "x",
                           "<a><b></a></b>",
                           "<a>&unknown;</a>", "<a b=c/>", "<a b='1' b='2'/>", "<!DOCTYPE a><a>1</a>", "<a>&nbsp;</a>",
                           "<a\n/>",
                           '<?xml version="1.0" encoding="ISO-8859-1"?><a>1</a>', "<a b='1\n2'/>", "<a>]]></a>",
                           "<a>&#0;</a>",
                           "<A>1</a>", "<a b>1</a>", "<a>1 < 2</a>", "<a xmlns:n='u'><n:b>1</n:b></a>",
                           "<a><![CDATA[x]]>y</a>"])
    return text.encode("utf-8", "ignore")


# --- multipart --------------------------------------------------------------------------------------------------------

BOUNDARY = "----pocketci7MA4YWxkTrZu0gW"


def _part(rng, name, value, of_file):
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "").replace("\r", "")
    disposition = f'form-data; name="{escaped}"'
    headers = []
    if of_file:
        disposition += rng.choice(['; filename="f.json"', '; filename=""', "; filename=x", "; filename*=utf-8''f.json"])
    kind = rng.random()
    if of_file or kind < 0.1:
        types = ["application/json", "application/json", "text/plain", "application/json; charset=utf-8"]
        headers.append("Content-Type: " + rng.choice(types))
    if rng.random() < 0.05:
        headers.append(rng.choice(["Content-Transfer-Encoding: quoted-printable", "Content-Transfer-Encoding: base64",
                                   "X-Other: 1", "content-type: application/json"]))
    if rng.random() < 0.03:
        disposition = rng.choice(["form-data", f"form-data; name={name or 'x'}", "attachment; name=\"a\"",
                                  'form-data; name="a"; name="b"',
                                  'FORM-DATA; NAME="a"', 'form-data; name*=utf-8\'\'a%20b', 'form-data; name="a', ""])
    headers.insert(rng.choice([0, len(headers)]), f"Content-Disposition: {disposition}")
    return "\r\n".join(headers).encode("utf-8", "ignore") + b"\r\n\r\n" + value.encode("utf-8", "ignore")


def multipart_body(rng, wanted, names):
    fields = [(name, _as_text(value), False) for name, value in wanted.items()]
    for _ in range(rng.randrange(0, 5)):
        of_file = rng.random() < 0.35
        value = write_json(rng, some_tree(rng) if rng.random() < 0.2
                           else payload_tree(rng)) if of_file else some_text(rng)
        fields.append((rng.choice(names + ["file"]), value, of_file))
    body = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + _part(rng, *field) + b"\r\n" for field in fields)
    body += b"--" + BOUNDARY.encode() + b"--" + rng.choice([b"\r\n", b"", b"\r\nepilogue"])
    odd = rng.random()
    if odd < 0.02:
        body = b"preamble\r\n" + body
    elif odd < 0.05:
        body = body[:rng.randrange(len(body) + 1)]
    elif odd < 0.07:
        body = body.replace(b"\r\n", b"\n")
    elif odd < 0.08:
        body = b""
    return body


def multipart_type(rng):
    if rng.random() < 0.04:
        return rng.choice(["multipart/form-data;", "multipart/form-data; boundary=",
                           "multipart/form-data; boundary=other",
                           "multipart/form-data;boundary=\"" + BOUNDARY + "\"",
                           "multipart/form-data; x=1; boundary=" + BOUNDARY,
                           "multipart/form-data; boundary=" + "b" * 80, "Multipart/form-data; boundary=" + BOUNDARY])
    return "multipart/form-data; boundary=" + BOUNDARY


def raw_body(rng, _wanted, _names):
    return rng.choice([b"", b"plain", b"\x00\x01\xff", "ünï\n".encode(), b'{"a": 1}', b"a=b&c=d", b"<a>1</a>",
                       b"x" * 5000])


def some_body(rng, wanted, kind=None):
    """(content type, body) that carries `wanted` (payload name to value), as far as the type can."""
    kind = kind or rng.choices(["json", "form", "multipart", "xml", "none"], [50, 16, 14, 12, 8])[0]
    names = PAYLOAD_NAMES
    made = {"json": json_body, "form": form_body, "multipart": multipart_body, "xml": xml_body, "none": raw_body}[kind]
    kinds = {"json": JSON_TYPES, "form": FORM_TYPES, "xml": XML_TYPES, "none": NO_TYPES}
    content_type = multipart_type(rng) if kind == "multipart" else rng.choice(kinds[kind])
    return content_type, made(rng, wanted, names)


def some_parameter_text(rng):
    """A text that parse-parameters-as-json may read."""
    if rng.random() < 0.8:
        return write_json(rng, {"a": [some_scalar(rng), Number("1.0")], "b": some_tree(rng, 2)})
    return rng.choice(["[1]", "null", "1", "", "{", '{"a": 1} trailing', "x"])
