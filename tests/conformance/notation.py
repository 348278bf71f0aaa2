"""Hooks as text: JSON, YAML in flow style or YAML in blocks, every scalar in one of the forms that mean it."""

import json
import re

PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_/.-]*\Z")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


class Raw(str):
    """A scalar that stands in the file as it is."""


def _simple(text):
    return all(c >= " " and c != "\x7f" and c not in "\u0085\u2028\u2029\ufeff" for c in text)


def _double(text):
    """In double quotes: what YAML does not take as it is, escaped as in JSON."""
    out = json.dumps(text, ensure_ascii=False)
    return "".join(c if _simple(c) else f"\\u{ord(c):04x}" for c in out)


def _scalar(rng, value, quoted=False):
    if isinstance(value, Raw):
        return str(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    kind = rng.random()
    if not quoted and kind < 0.6 and PLAIN.match(value) and value.lower() not in WORDS:
        return value
    if not quoted and kind < 0.8 and _simple(value):
        return "'" + value.replace("'", "''") + "'"
    return _double(value)


def _flow(rng, node, quoted):
    if isinstance(node, dict):
        colon = ":" if quoted and rng.random() < 0.5 else ": "
        return "{" + ", ".join(_scalar(rng, key, quoted) + colon + _flow(rng, value, quoted) for key,
                               value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(_flow(rng, item, quoted) for item in node) + "]"
    return _scalar(rng, node, quoted)


def _block(rng, node, indent):
    """The lines of a node that begins on a line of its own."""
    pad = " " * indent
    if isinstance(node, dict) and node:
        lines = []
        for key, value in node.items():
            lines += _entry(rng, f"{pad}{_scalar(rng, key)}:", value, indent)
        return lines
    if isinstance(node, list) and node:
        lines = []
        for item in node:
            inner = _block(rng, item, indent + 2)
            lines += [f"{pad}- {inner[0].lstrip(' ')}"] + inner[1:]
        return lines
    return [pad + _flow(rng, node, False)]


def _entry(rng, begin, value, indent):
    if isinstance(value, (dict, list)) and value and rng.random() < 0.75:
        deeper = indent + 2 if isinstance(value, dict) or rng.random() < 0.5 else indent
        return [begin] + _block(rng, value, deeper)
    if isinstance(value, str) and not isinstance(value, Raw) and rng.random() < 0.3 and re.match(r"[A-Za-z]", value) \
            and _simple(value.replace("\n", "")) and not value.endswith("\n\n"):
        strip = "" if value.endswith("\n") else "-"
        return [f"{begin} |{strip}"] + [" " * (indent + 3) + line for line in value.rstrip("\n").split("\n")]
    return [f"{begin} {_flow(rng, value, False)}"]


def write(rng, hooks, style):
    """style: json, flow or block."""
    if style == "block" and hooks:
        return "\n".join(_block(rng, hooks, 0)) + "\n"
    return _flow(rng, hooks, style == "json") + "\n"
