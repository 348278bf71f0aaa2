"""What hooks and requests are made of: names that both share, odd texts, JSON trees and how they are written."""

import json

HEADER_NAMES = ["X-Hub-Signature", "X-Hub-Signature-256", "x-signature-512", "X-Token", "x-custom-THING",
                "Authorization",
                "User-Agent", "X-GitHub-Event", "Content-Type", "Date", "X-Signature", "Accept", "X-Request-Id", "a",
                "X-1", "x-é", "X Y", "Host", "Content-Length"]
QUERY_NAMES = ["token", "q", "Q", "a.b", "a", "a b", "ключ", "name", "x[]", "0", "empty", "a+b", "root"]
PAYLOAD_NAMES = ["ref", "after", "repository.full_name", "repository", "commits.0.id", "commits.1.message", "commits.0",
                 "commits", "commits.2", "a", "a.b", "a.b.c", "a.0", "a.b.0.c", "list", "list.0", "list.3", "list.00",
                 "list.-1", "list.+1", "list.1e0", "list.18446744073709551616", "root.0", "root.1.x", "root", "x-y",
                 "ünï", "a.", "a..b", ".a", ".", "Ref", "-id", "push.-id", "push.#text", "push.commit.0.-id",
                 "push.commit",
                 "push", "payload", "payload.ref", "file", "file.a", "number", "float", "flag", "nothing", "nothing.x",
                 "text", "json", "json.a.0", "deep.er.est.of.all", "html", "a b", "empty"]
TEXTS = ["", "main", "refs/heads/main", "x", "0", "1.0", "true", "<nil>", "null", " lead", "trail ", "a b", "a'b",
         'a"b',
         "a\\b", "$HOME", "`id`", "$(id)", "%s%n", "-rf", "--", "a=b", "a,b", "ünï", "日本語", "😀", "\u2028x\u2029",
         "<a&b>",
         "line\nbreak", "tab\there", "\r\n", "é", "e\u0301", "\ufeffbom", "\ufffd", "a" * 300, "../../etc/passwd",
         "/bin/sh",
         "{{ .Hook }}", "[1,2]", "{\"a\": [1, {\"b\": null}]}", "{\"a\":1} x", "aGVsbG8=", "aGVs\nbG8=", "aGVsbG8",
         "////", "a-_b",
         "yes", "~", "#c", "a: b", "- a", "&a", "*a", "!x", "%d", "@x", "? x", "|", ">", "\x7f", "\x01"]
NUMBERS = ["0", "-0", "1", "-1", "1.0", "1.10", "1e5", "1E+5", "1e-7", "0.1", "123456789012345678901234567890", "1e400",
           "3.0000000000000000000001", "-1.5e-300", "9007199254740993", "18446744073709551616", "0e0", "1E400", "100"]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "FOO", "post", "M-SEARCH"]


class Number(str):
    """A JSON number as it is written."""


def some_text(rng):
    if rng.random() < 0.85:
        return rng.choice(TEXTS)
    return "".join(rng.choice("ab 0.%&=+;\"'\\/<>é日😀\n\u2028{}[]:,#-_") for _ in range(rng.randrange(1, 12)))


def some_number(rng):
    return Number(rng.choice(NUMBERS))


def some_scalar(rng):
    kind = rng.random()
    if kind < 0.5:
        return some_text(rng)
    if kind < 0.8:
        return some_number(rng)
    return rng.choice([True, False, None])


def some_tree(rng, depth=3):
    kind = rng.random()
    if depth == 0 or kind < 0.45:
        return some_scalar(rng)
    if kind < 0.7:
        return [some_tree(rng, depth - 1) for _ in range(rng.randrange(0, 4))]
    return {rng.choice(["a", "b", "c", "é", "0", "", "x-y", "a.b", "A", "<k>"]): some_tree(rng, depth - 1)
            for _ in range(rng.randrange(0, 4))}


def plant(tree, name, value):
    """Puts value where `name` leads; lists are made of parts that are numbers. True where it stands there."""
    head, dot, rest = name.partition(".")
    if isinstance(tree, list):
        if not head.isdigit() or len(head) > 2:
            return False
        while len(tree) <= int(head):
            tree.append(None)
        key = int(head)
    elif isinstance(tree, dict):
        key = head
    else:
        return False
    if not dot:
        tree[key] = value
        return True
    below = tree[key] if isinstance(tree, list) or key in tree else None
    if not isinstance(below, (dict, list)):
        below = tree[key] = [] if rest.partition(".")[0].isdigit() else {}
    return plant(below, rest, value)


def payload_tree(rng):
    """A map with many of PAYLOAD_NAMES in it."""
    tree = {}
    for name in rng.sample(PAYLOAD_NAMES, rng.randrange(2, 14)):
        if rng.random() < 0.15:
            tree[name] = some_tree(rng)  # a key that holds the dots
        else:
            plant(tree, name, some_tree(rng))
    return tree


def _write_text(rng, text):
    if rng.random() < 0.2:
        return json.dumps(text)
    out = json.dumps(text, ensure_ascii=False)
    return out.replace("/", "\\/") if rng.random() < 0.1 else out


def write_json(rng, tree):
    """A tree as JSON, with white space and escapes of all sorts."""
    space = rng.choice(["", "", " ", "\n\t", "\r\n "])

    def write(node):
        if isinstance(node, Number):
            return str(node)
        if isinstance(node, str):
            return _write_text(rng, node)
        if isinstance(node, list):
            return "[" + f",{space}".join(space + write(item) for item in node) + "]"
        if isinstance(node, dict):
            items = [f"{_write_text(rng, key)}{space}:{space}{write(value)}" for key, value in node.items()]
            if items and rng.random() < 0.03:
                items.append(rng.choice(items))
            return "{" + space + f"{space},".join(items) + space + "}"
        return json.dumps(node)

    return space + write(tree) + rng.choice(["", "", space])
