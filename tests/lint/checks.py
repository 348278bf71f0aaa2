"""The checks of `make lint`. Each takes a Tree and yields findings; none changes a file."""

import math
import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

# The only folders of src/ that may include the headers of a library.
LIBRARIES = [
    (re.compile(r"openssl/"), "libcrypto", ["lib"]),
    (re.compile(r"json-c/|json(_\w+)?\.h$|(linkhash|printbuf|arraylist)\.h$"), "json-c", ["lib"]),
    (re.compile(r"curl/"), "libcurl", ["lib"]),
    (re.compile(r"yaml\.h$"), "libyaml", ["config"]),
    (re.compile(r"expat(_\w+)?\.h$"), "expat", ["payload"]),
    (re.compile(r"pcre2(posix)?\.h$"), "PCRE2", ["hook"]),
    (re.compile(r"git2(\.h$|/)"), "libgit2", ["git"]),
    (re.compile(r"libdeflate\.h$"), "libdeflate", ["git"]),
    (re.compile(r"sqlite3(ext)?\.h$"), "SQLite", ["store"]),
    (re.compile(r"libpq-fe\.h$"), "libpq", ["store"]),
    (re.compile(r"(fastcgi/)?fcgi(app|_stdio|misc|os|_config|_config_x86)?\.h$|fastcgi\.h$"), "libfcgi", ["gateway"]),
]

BANNED = {
    "strcpy": "str_copy or memcpy with a length",
    "strcat": "buf_append",
    "sprintf": "snprintf, buf_printf or arena_printf",
    "vsprintf": "vsnprintf or buf_vprintf",
    "atoi": "number_parse_signed",
    "strtok": "str_split_next",
    "system": "the child processes of run/",
    "popen": "the child processes of run/",
    "gets": "a read with a size",
}

# Where a manual page must name every row of a table: page, the macro of mdoc(7) that does, source, tables, what names a
# row there.
NAME, FLAG, FIRST = r'\.name = "([^"]+)"', r'\.flag = "([^"]+)"', r'^\s*\{"([^"]+)"'
FIRST_TEXT = r'^\s*"([^"]+)",$'
LISTED = [
    ("man/pocketci.1", "Cm", "src/cli/cli.c", ["cli_commands"], FIRST),
    ("man/pocketci.fcgi.8", "Fl", "src/config/config_flags.c", ["own_flags"], FIRST),
    ("man/pocketci.fcgi.8", "Fl", "src/config/config_keys.c", ["config_keys", "limit_keys"], FLAG),
    ("man/pocketci.yaml.5", "Cm", "src/config/config_keys.c", ["config_keys", "limit_keys"], NAME),
    ("man/pocketci.yaml.5", "Cm", "src/config/config_read.c", ["header_keys"], NAME),
    ("man/pocketci.yaml.5", "Cm", "src/config/config_repositories.c", ["repository_keys"], NAME),
    ("man/pocketci.yaml.5", "Cm", "src/config/secret.c", ["secret_place_keys"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/hook.c", ["hook_keys", "signals", "leavings"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/response_header.c", ["keys"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/checkout_read.c", ["keys"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/dagger_read.c", ["keys", "step_keys"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/source_read.c", ["keys", "words"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/filter.c", ["filter_types"], FIRST_TEXT),
    ("man/hooks.yaml.5", "Cm", "src/forge/event_names.c", ["event_names"], FIRST_TEXT),
    ("man/hooks.yaml.5", "Cm", "src/hook/rule_read.c", ["keys"], NAME),
    ("man/hooks.yaml.5", "Cm", "src/hook/match_read.c", ["keys", "words"], NAME),
]

# The rows of the section LIMITS of pocketci.fcgi(8), and where the number of each stands: source, what stands in front of
# it, and what it counts ("" or a unit of bytes).
LIMITS_PAGE = "man/pocketci.fcgi.8"
LIMITS = [
    ("body of a request", "src/config/config.c", r"\.limits = \{\.body =", "bytes"),
    ("output that is kept for a reply", "src/config/config.c", r"\.limits = \{.*?\.output =", "bytes"),
    ("nested maps, lists or elements in a body", "src/payload/payload.h", "#define PAYLOAD_DEPTH", ""),
    ("values in a body", "src/payload/payload.h", "#define PAYLOAD_VALUES", ""),
    ("fields of a form or query", "src/payload/payload.h", "#define PAYLOAD_FIELDS", ""),
    ("parts of a multipart body", "src/payload/multipart_reader.h", "#define MULTIPART_PARTS", ""),
    ("headers of a part", "src/payload/multipart_reader.h", "#define MULTIPART_HEADERS", "bytes"),
    ("line of a multipart body outside of parts", "src/payload/multipart_reader.h", "#define MULTIPART_LINE", "bytes"),
    ("line in quoted-printable", "src/payload/quoted_printable.h", "#define QUOTED_PRINTABLE_LINE", "bytes"),
    ("steps of a regular expression", "src/hook/regex.c", "#define MATCH_LIMIT", ""),
    ("memory of a regular expression", "src/hook/regex.c", "#define HEAP_LIMIT", "KiB"),
    ("clone URL", "src/config/repository.h", "#define REPOSITORY_URL_MAX", "bytes"),
    ("name of a ref", "src/forge/ref.c", "#define REF_MAX", "bytes"),
    ("other text out of an event", "src/forge/field.c", "#define PLAIN_MAX", "bytes"),
    ("hooks file, pocketci.yaml", "src/config/yaml.c", r"yaml_limits_server = \{.*?\.bytes =", "bytes"),
    ("values in it, aliases counted", "src/config/yaml.c", r"yaml_limits_server = \{.*?\.nodes =", ""),
    ("hooks file in a repository", "src/config/yaml.c", r"yaml_limits_repository = \{.*?\.bytes =", "bytes"),
    ("values in that, aliases counted", "src/config/yaml.c", r"yaml_limits_repository = \{.*?\.nodes =", ""),
    ("nested maps and lists in either", "src/config/yaml.c", r"yaml_limits_server = \{.*?\.depth =", ""),
    ("%TAG directives", "src/config/yaml.c", "#define DIRECTIVES_MAX", ""),
    ("problems that are shown", "src/config/problem.c", "#define PROBLEMS_MAX", ""),
    ("nested groups of a regular expression", "src/hook/regex_syntax.h", "#define REGEX_DEPTH_MAX", ""),
    ("repetitions in it", "src/hook/regex_translate.c", "#define REPEAT_MAX", ""),
    ("file of a secret", "src/config/secret.c", "#define SECRET_MAX", "bytes"),
    ("output of a template, each text in it", "src/hook/template_value.h", "#define TEMPLATE_TEXT_MAX", "bytes"),
    ("memory of a template", "src/hook/template_evaluate.c", "#define MEMORY_MAX", "bytes"),
    ("steps of a template", "src/hook/template_evaluate.c", "#define STEPS_MAX", ""),
    ("nested blocks and calls of a template", "src/hook/template_syntax.h", "#define TEMPLATE_DEPTH_MAX", ""),
    ("file that a template reads", "src/hook/template_pull.c", "#define FILE_MAX", "bytes"),
    ("width or precision in printf", "src/hook/template_printf.c", "#define SIZE_WANTED_MAX", ""),
]

# Folders that hold what others wrote or what is made: data for tests, and results.
NOT_OURS = re.compile(r"(^|/)(build|node_modules|__pycache__|\.git|corpus|fixtures|payloads)/")


class Finding:
    def __init__(self, path, line, message):
        self.path, self.line, self.message = path, line, message

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


class Tree:
    """The files of the project beneath a folder, and how it compiles."""

    def __init__(self, root, layers, compile_command):
        self.root = root
        self.layers = layers
        self.compile_command = compile_command
        self.paths = sorted(path for path in self._list() if not NOT_OURS.search(path))

    def _list(self):
        """What git knows or would take; every file where this is no repository (a release unpacked)."""
        if os.path.isdir(os.path.join(self.root, ".git")) and shutil.which("git"):
            command = ["git", "-c", f"safe.directory={self.root}", "ls-files", "-coz", "--exclude-standard"]
            listed = subprocess.run(command, cwd=self.root, capture_output=True, check=False)
            if listed.returncode == 0:
                names = os.fsdecode(listed.stdout).split("\0")
                return [name for name in names if name and os.path.isfile(os.path.join(self.root, name))]
        return [
            os.path.relpath(os.path.join(folder, name), self.root)
            for folder, _, names in os.walk(self.root)
            for name in names
        ]

    def bytes(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def text(self, path):
        return self.bytes(path).decode("utf-8", "surrogateescape")

    def ending(self, *endings):
        return [path for path in self.paths if path.endswith(endings)]


def without_comments_and_texts(source):
    """C source with comments, strings and character constants blanked, so that lines keep their numbers."""
    pattern = r"""/\*.*?\*/ | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'"""
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found.group()), source, flags=re.DOTALL | re.VERBOSE)


def includes(source):
    """(line, '<' or '"', name) of each include that is not commented out."""
    kept = without_comments_and_texts(source).split("\n")
    for number, line in enumerate(source.split("\n"), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found and kept[number - 1].lstrip().startswith("#"):
            yield number, found.group(1), found.group(2)


def folder_of(path):
    """The folder of src/ that a file lies in; None for a main file and for what is outside src/."""
    parts = path.split("/")
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_layers(tree):
    """A folder includes only itself and those before it, always from src/."""
    for path in tree.ending(".c", ".h"):
        folder = folder_of(path)
        if not path.startswith("src/"):
            continue
        if folder and folder not in tree.layers:
            yield Finding(path, 1, f"the folder {folder} has no place in the order: {' '.join(tree.layers)}")
            continue
        for line, kind, name in includes(tree.text(path)):
            used = name.split("/")[0]
            if kind != '"':
                if used in tree.layers and os.path.exists(os.path.join(tree.root, "src", name)):
                    yield Finding(path, line, f'<{name}> is ours: write "{name}"')
            elif not os.path.exists(os.path.join(tree.root, "src", name)):
                yield Finding(path, line, f'"{name}" is not a file beneath src/')
            elif folder and tree.layers.index(used) > tree.layers.index(folder):
                yield Finding(path, line, f"{folder} must not include {used}, which comes after it")


def check_libraries(tree):
    """The headers of a library are included from its folder only."""
    for path in tree.ending(".c", ".h"):
        if not path.startswith("src/"):
            continue
        for line, kind, name in includes(tree.text(path)):
            for pattern, library, folders in LIBRARIES:
                if kind == "<" and pattern.match(name) and folder_of(path) not in folders:
                    yield Finding(path, line, f"<{name}>: {library} is called only from {', '.join(folders)}")


def compiler_says(tree, path):
    """The findings of the compiler in a unit that holds nothing but this header, twice."""
    name = path[len("src/"):] if path.startswith("src/") else os.path.join(tree.root, path)
    unit = f'#include "{name}"\n#include "{name}"\nextern int nothing_else;\n'
    command = tree.compile_command + ["-fsyntax-only", "-x", "c", "-"]
    result = subprocess.run(command, cwd=tree.root, input=unit, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return []
    problems = re.findall(r"^(.+?):(\d+):(?:\d+:)? (?:fatal )?(?:error|warning): (.*)$", result.stderr, re.MULTILINE)
    if not problems:
        return [Finding(path, 1, f"does not compile alone: {result.stderr.strip()[:200]}")]
    where, line, message = problems[0]
    shown = os.path.relpath(os.path.join(tree.root, where), tree.root) if where != "<stdin>" else path
    behind = "" if shown == path else f" (in {shown})"
    return [Finding(path, int(line) if shown == path else 1, f"does not compile alone: {message}{behind}")]


def check_headers(tree):
    """Each header compiles alone, and twice in one unit."""
    headers = [path for path in tree.ending(".h") if path.startswith(("src/", "tests/"))]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for findings in pool.map(lambda path: compiler_says(tree, path), headers):
            yield from findings


def check_banned(tree):
    """No call of a function that cannot be used safely or that starts a shell."""
    # A member of that name (ops->system(…)) is not the function of the library.
    call = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
    for path in tree.ending(".c", ".h"):
        code = without_comments_and_texts(tree.text(path))
        for found in call.finditer(code):
            line = code.count("\n", 0, found.start()) + 1
            yield Finding(path, line, f"{found.group(1)} is banned: use {BANNED[found.group(1)]}")


def shell_of(tree, path):
    """The shell that a script names in its first line, None where it is no shell script."""
    first = tree.bytes(path)[:100].split(b"\n")[0]
    found = re.match(rb"#!\s*(?:/usr)?/bin/(?:env\s+)?(sh|bash|dash)\b", first)
    if found:
        return found.group(1).decode()
    return "sh" if path.endswith(".sh") else None


def check_scripts(tree):
    """Shell scripts parse, and say which shell they are for."""
    for path in tree.paths:
        shell = shell_of(tree, path)
        if not shell:
            continue
        if not tree.bytes(path).startswith(b"#!"):
            yield Finding(path, 1, "names no shell in its first line")
        result = subprocess.run([shell, "-n", path], cwd=tree.root, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            found = re.search(r":\s*(?:line )?(\d+):\s*(.*)", result.stderr)
            line, message = (int(found.group(1)), found.group(2)) if found else (1, result.stderr.strip())
            yield Finding(path, line, f"{shell} -n: {message}")


def check_whitespace(tree):
    """What `git diff --check` finds, in every text file, and carriage returns and a missing last newline."""
    for path in tree.paths:
        content = tree.bytes(path)
        if b"\0" in content or not content:
            continue
        lines = content.split(b"\n")
        if lines.pop() != b"":
            yield Finding(path, len(lines) + 1, "no newline at the end of the file")
        for number, line in enumerate(lines, 1):
            if line.endswith(b"\r"):
                yield Finding(path, number, "carriage return")
            elif line != line.rstrip():
                yield Finding(path, number, "white space at the end of the line")
            if re.match(rb"\t* +\t", line):
                yield Finding(path, number, "space before a tab in the indentation")
            if re.match(rb"(<{7}|>{7}|\|{7}) |={7}$", line) and not path.endswith(".md"):
                yield Finding(path, number, "a conflict that was not resolved")
        if lines and not lines[-1].strip():
            yield Finding(path, len(lines), "empty line at the end of the file")


def check_manuals(tree):
    """Manual pages have no error or warning of mandoc."""
    for path in [path for path in tree.paths if re.match(r"man/.*\.[1-8]$", path)]:
        command = ["mandoc", "-T", "lint", "-W", "warning", path]
        result = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
        for line, message in re.findall(r":(\d+):\d+: (.*)", result.stdout + result.stderr):
            yield Finding(path, int(line), message)


def rows_of(source, table, pattern):
    """What names the rows of a table of C; None where the source has no such table."""
    found = re.search(rf"\b{table}\[\] = \{{(.*?)\}};", source, re.DOTALL)
    if not found:
        return None
    names = re.findall(pattern, found.group(1), re.MULTILINE)
    # TERM and SIGTERM are one word written in two ways.
    return [name for name in names if name.removeprefix("SIG") == name or name.removeprefix("SIG") not in names]


def words_marked(page, macro):
    """What stands behind the macro in the page, up to the next macro of the line."""
    lines = [line for line in page.split("\n") if line.startswith(".")]
    pieces = [piece for line in lines for piece in re.split(r"(?:^\.| )(?=[A-Z][a-z] )", line)]
    return {word for piece in pieces if piece.startswith(macro + " ") for word in piece.split()[1:]}


def check_listed(tree):
    """Manual pages name every key, flag, command, source and match type that the tables have."""
    for page, macro, source, tables, pattern in LISTED:
        there = [path for path in (page, source) if path in tree.paths]
        if len(there) == 1:
            yield Finding(there[0], 1, f"{page} should name what stands in {source}: one of them is not there")
        if len(there) < 2:
            continue
        marked = words_marked(tree.text(page), macro)
        for table in tables:
            names = rows_of(tree.text(source), table, pattern)
            if not names:
                yield Finding(source, 1, f"no table {table} with names to be looked for in {page}")
            for name in [name for name in names or [] if name not in marked]:
                yield Finding(page, 1, f'"{name}" is not there behind {macro}: {source} has it in {table}')


def number_behind(source, mark):
    """The number that stands behind the mark, a product as C writes it; None where there is none."""
    found = re.search(mark + r"\s+((?:[0-9a-zA-Z_()]|[ ]?\*[ ]?)+)", source, re.DOTALL)
    if not found:
        return None
    text = re.sub(r"\((?:size_t|int64_t)\)", "", found.group(1)).replace("MIB", "1048576")
    factors = [factor.strip("()").rstrip("U") for factor in re.split(r"\s*\*\s*", text)]
    return math.prod(map(int, factors)) if all(factor.isdigit() for factor in factors) else None


def amount(number, unit):
    """A number as the manual writes it: "16 MiB", "4,096 bytes", "10,000"."""
    if unit == "KiB":
        number, unit = number * 1024, "bytes"
    if unit == "":
        return f"{number:,}"
    for size, name in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if number % size == 0 and number // size >= 10 or number == size:
            return f"{number // size:,} {name}"
    return f"{number:,} bytes"


def check_parts(tree):
    """What a forge's reader asks of a payload is among the parts that it is given: what is not would never be there."""
    for path in tree.paths:
        found = re.search(r"const char \*const parts\[\] = \{(.*?)\};", tree.text(path), re.DOTALL) \
            if path.startswith("src/forge/") and path.endswith(".c") else None
        if not found:
            continue
        parts = re.findall(r'"([^"]+)"', found[1])
        outside = tree.text(path)[:found.start()] + tree.text(path)[found.end():]
        asked = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+)"', re.sub(r"[^\n]*/\* Gogs[^\n]*", "", outside)))
        for name in sorted(asked):
            if not any(part == name or part.endswith("." + name) or name.startswith(part + ".") for part in parts):
                yield Finding(path, 1, f'"{name}" is not among its parts')


def check_limits(tree):
    """The table of limits in the manual has the numbers of the code, and no others."""
    page = tree.text(LIMITS_PAGE) if LIMITS_PAGE in tree.paths else ""
    rows = {}
    inside = False
    for line, text in enumerate(page.split("\n"), 1):
        inside = text == ".Sh LIMITS" or (inside and not text.startswith(".Sh "))
        found = re.match(r"\.It (.*?) Ta (.*)$", text)
        if inside and found:
            rows[found.group(1)] = (line, found.group(2))
    for row, source, mark, unit in LIMITS:
        if source not in tree.paths:
            continue
        number = number_behind(tree.text(source), mark)
        line, shown = rows.pop(row, (None, None))
        if number is None:
            yield Finding(source, 1, f"no number behind {mark}, for the limit \"{row}\" of {LIMITS_PAGE}")
        elif line is None:
            yield Finding(source, 1, f"{LIMITS_PAGE} does not name the limit \"{row}\": {amount(number, unit)}")
        elif shown != amount(number, unit):
            yield Finding(LIMITS_PAGE, line, f"{row}: {shown} is {amount(number, unit)} in {source}")
    for row, (line, _) in rows.items():
        yield Finding(LIMITS_PAGE, line, f"no limit of the code is known by the name \"{row}\"")


# name, function, the program it cannot do without
CHECKS = [
    ("layers", check_layers, None),
    ("libraries", check_libraries, None),
    ("headers", check_headers, None),
    ("banned functions", check_banned, None),
    ("scripts", check_scripts, None),
    ("white space", check_whitespace, None),
    ("manuals", check_manuals, "mandoc"),
    ("manuals name all", check_listed, None),
    ("limits", check_limits, None),
    ("parts of payloads", check_parts, None),
]


def tree_from_environment(root):
    layers = os.environ.get("LAYERS", "").split()
    command = shlex.split(os.environ.get("CHECK_HEADER", ""))
    if not layers or not command:
        raise SystemExit("lint: LAYERS and CHECK_HEADER are not set: use `make lint`")
    return Tree(root, layers, command)
