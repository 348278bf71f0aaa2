"""Files that are Go templates: constants, functions, pipelines and control, in messages that show what they gave."""

TEXTS = ['"a"', '"b c"', '""', "`raw`", '"<a href=\'x\'>&"', '"ü日"', '"a\\n\\tb"', '"\\u00e9\\x41"', '"10"', '"it\'s"',
         '"%d"', '"a=b&c"', '"\\""']
NUMBERS = ["0", "1", "7", "-3", "12", "0x1F", "1_000", "'a'", "0o17", "0b101", "1e3", "100000"]
FLOATS = ["1.5", "-0.25", "1e10", "1e21", "2.0", "0.1", "1e-7"]
OTHERS = ["true", "false", "nil", ".", "$", ".Field", "$x"]


def _text(rng, depth):
    if depth == 0 or rng.random() < 0.35:
        return rng.choice(TEXTS)
    kind = rng.randrange(9)
    if kind == 0:
        return f"({rng.choice(['print', 'println'])} {_any(rng, depth - 1)} {_any(rng, depth - 1)})"
    if kind == 1:
        return f"({rng.choice(['html', 'urlquery', 'js'])} {_any(rng, depth - 1)})"
    if kind == 2:
        verb, of = rng.choice([("%d", _number), ("%05d", _number), ("%x", _number), ("%s", _text), ("%q", _text),
                               ("%10s|", _text), ("%-6s|", _text),
                               ("%v", _any), ("%.2f", _float), ("%e", _float), ("%g", _float), ("%t", _bool),
                               ("%%", None), ("%X", _text),
                               ("%c", _number), ("%o", _number), ("%b", _number), ("%+d", _number), ("%.2s", _text),
                               ("%8.3f", _float)])
        return f'(printf "<{verb}>" {of(rng, depth - 1)})' if of else '(printf "%%")'
    if kind == 3:
        return f"(slice {_text(rng, depth - 1)} {rng.choice(['', '0', '1', '0 1', '0 0'])})"
    if kind == 4:
        return f"(getenv {rng.choice(['`MY_SERVER`', '`MY_NONE`', _text(rng, 0)])})"
    if kind == 5:
        return f"({rng.choice(['and', 'or'])} {_any(rng, depth - 1)} {_text(rng, depth - 1)})"
    last = rng.choice(["print", "html", "js", "urlquery", "printf `%s`", "printf `%q`", "len | print"])
    return f"({_text(rng, depth - 1)} | {last})"


def _number(rng, depth):
    if depth == 0 or rng.random() < 0.6:
        return rng.choice(NUMBERS)
    return rng.choice([f"(len {_text(rng, depth - 1)})", f"(index {_text(rng, depth - 1)} 0)",
                       f"(or {_number(rng, depth - 1)} 4)"])


def _float(rng, depth):
    return rng.choice(FLOATS)


def _bool(rng, depth):
    if depth == 0 or rng.random() < 0.2:
        return rng.choice(["true", "false"])
    kind = rng.randrange(4)
    if kind == 0:
        return f"(not {_any(rng, depth - 1)})"
    of = rng.choice([_text, _number, _float, _number])
    name = rng.choice(["eq", "ne", "lt", "le", "gt", "ge"])
    third = of(rng, 0) if name == "eq" and rng.random() < 0.3 else ""
    return f"({name} {of(rng, depth - 1)} {of(rng, depth - 1)} {third})"


def _any(rng, depth):
    if rng.random() < 0.04:
        return rng.choice(OTHERS)
    return rng.choice([_text, _text, _number, _float, _bool])(rng, depth)


def _message(rng):
    """A YAML scalar in which a template writes."""
    value = _any(rng, rng.randrange(0, 4))
    kind = rng.randrange(12)
    if kind < 5:
        return f'{{{{ {value} | print | printf "%q" }}}}'
    if kind == 5:
        return f'"{{{{ {_text(rng, 2)} | js }}}}"'
    condition = _any(rng, 2)
    return rng.choice([
        f'"{{{{ if {condition} }}}}yes{{{{ else }}}}no{{{{ end }}}}"',
        f'"{{{{ if {condition} }}}}1{{{{ else if {_bool(rng, 2)} }}}}2{{{{ else }}}}3{{{{ end }}}}"',
        f'{{{{ with {value} }}}}{{{{ print . | printf "%q" }}}}{{{{ else }}}}none{{{{ end }}}}',
        f'{{{{ $v := {value} }}}}{{{{ if {condition} }}}}{{{{ $v = {value} }}}}{{{{ end }}}}'
        '{{ print $v | printf "%q" }}',
        f'{{{{- /* c */ -}}}} {{{{- print {value} | printf " %q" -}}}}\n ',
        f'{{{{ define "t{rng.randrange(10 ** 6)}" }}}}x{{{{ end }}}}{{{{ block "b{rng.randrange(10 ** 6)}" {value} }}}}'
        '{{ print . | printf "%q" }}{{ end }}',
        '{{ range . }}x{{ else }}none{{ end }}',
        f'{{{{ range {rng.choice(["nil", "3", value])} }}}}x{{{{ end }}}}',
        rng.choice(['{{ }}', '{{ if }}', '{{ unknown }}', '{{ "a }}', '{{ print 1', 'a {{ end }}', '{{ 1 2 }}',
                    '{{ (1) }}', '{{ "a" | 1 }}',
                    '{{ print | }}', '{{ len }}', '{{ $y }}', '{{ break }}', '{{ template "none" }}', "{{ '' }}",
                    '{{/* a */}}', '{{ /* a */ }}', '{{ nil }}'])
        if rng.random() < 0.3 else '{{ print 1 }}',
    ])


def some_template(rng):
    """The text of a file with one hook for each message."""
    return "".join(f"- id: t{number}\n  execute-command: report\n  response-message: {_message(rng)}\n"
                   for number in range(rng.randrange(1, 4)))
