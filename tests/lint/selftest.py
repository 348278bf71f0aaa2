"""Shows that each check of `make lint` can fail: a bad file goes in, the finding must come out, and only that one."""

import os
import tempfile

import checks

# check, what is shown, files, the findings expected as "path:line" (none: a file that must pass)
CASES = [
    ("layers", "up", {"src/base/a.h": '#include "lib/b.h"\n', "src/lib/b.h": "\n"}, ["src/base/a.h:1"]),
    ("layers", "down", {"src/lib/b.h": '\n#include "base/a.h"\n', "src/base/a.h": ""}, []),
    ("layers", "own folder", {"src/lib/b.c": '#include "lib/b.h"\n', "src/lib/b.h": ""}, []),
    ("layers", "main file", {"src/pocketci.c": '#include "cli/c.h"\n', "src/cli/c.h": ""}, []),
    ("layers", "without folder", {"src/lib/b.c": '#include "b.h"\n', "src/lib/b.h": ""}, ["src/lib/b.c:1"]),
    ("layers", "parent folder", {"src/lib/b.c": '#include "../base/a.h"\n', "src/base/a.h": ""}, ["src/lib/b.c:1"]),
    ("layers", "in angle brackets", {"src/lib/b.c": "#include <base/a.h>\n", "src/base/a.h": ""}, ["src/lib/b.c:1"]),
    ("layers", "unknown folder", {"src/misc/b.c": "\n"}, ["src/misc/b.c:1"]),
    ("layers", "in a comment", {"src/base/a.c": '/*\n#include "lib/b.h"\n*/\n', "src/lib/b.h": ""}, []),
    ("libraries", "json-c", {"src/hook/a.c": "int x;\n#include <json-c/json.h>\n"}, ["src/hook/a.c:2"]),
    ("libraries", "json-c by its short name", {"src/hook/a.c": "#include <json_tokener.h>\n"}, ["src/hook/a.c:1"]),
    ("libraries", "libcrypto", {"src/base/a.c": "#include <openssl/evp.h>\n"}, ["src/base/a.c:1"]),
    ("libraries", "libyaml", {"src/hook/a.c": "#  include <yaml.h>\n"}, ["src/hook/a.c:1"]),
    ("libraries", "PCRE2", {"src/config/a.c": "#include <pcre2.h>\n"}, ["src/config/a.c:1"]),
    ("libraries", "libgit2", {"src/run/a.c": "#include <git2.h>\n#include <git2/sys/x.h>\n"},
     ["src/run/a.c:1", "src/run/a.c:2"]),
    ("libraries", "libfcgi", {"src/pocketci-fcgi.c": "#include <fcgiapp.h>\n"}, ["src/pocketci-fcgi.c:1"]),
    ("libraries", "SQLite", {"src/run/a.c": "#include <sqlite3.h>\n"}, ["src/run/a.c:1"]),
    ("libraries", "at home", {"src/lib/a.c": "#include <json-c/json.h>\n#include <openssl/evp.h>\n",
                              "src/config/b.c": "#include <yaml.h>\n", "src/gateway/c.c": "#include <fcgiapp.h>\n",
                              "src/git/d.c": "#include <git2.h>\n", "src/hook/e.c": "#include <pcre2.h>\n",
                              "tests/unit/f.c": "#include <git2.h>\n"}, []),
    ("headers", "needs another", {"src/base/a.h": "#ifndef A\n#define A\nsize_t f(void);\n#endif\n"},
     ["src/base/a.h:3"]),
    ("headers", "without a guard", {"src/base/a.h": "struct a {\n\tint x;\n};\n"}, ["src/base/a.h:1"]),
    ("headers", "with a warning", {"src/base/a.h": "#ifndef A\n#define A\nvoid f();\n#endif\n"}, ["src/base/a.h:3"]),
    ("headers", "alone", {"src/base/a.h": "#ifndef A\n#define A\n#include <stddef.h>\nsize_t f(void);\n#endif\n"}, []),
    *[("banned functions", name, {"src/base/a.c": f"void f(void)\n{{\n\t{name} (x);\n}}\n"}, ["src/base/a.c:3"])
      for name in checks.BANNED],
    ("banned functions", "in a test", {"tests/unit/test_a.c": "int x = atoi(y);\n"}, ["tests/unit/test_a.c:1"]),
    ("banned functions", "after a text", {"src/base/a.c": 'f("\\"", \'"\');\n/* " */ gets(x); // "\n'},
     ["src/base/a.c:2"]),
    ("banned functions", "in comments and texts",
     {"src/base/a.c": '/* system(1)\n gets(2) */ // popen(3)\nf("strcpy(4)\\" gets(5)");\n'}, []),
    ("banned functions", "names that hold them",
     {"src/base/a.c": "error_set_system(e); my_gets(); system_x(1); fgets(a); snprintf(a); ops->system(1);\n"}, []),
    ("scripts", "syntax", {"scripts/a.sh": "#!/bin/sh\nif true; then\n"}, ["scripts/a.sh:3"]),
    ("scripts", "by first line", {".ci/run": "#!/usr/bin/env bash\nx=(1 2)\nfi\n"}, [".ci/run:3"]),
    ("scripts", "bash in sh", {"scripts/a.sh": "#!/bin/sh\nx=(1 2)\n"}, ["scripts/a.sh:2"]),
    ("scripts", "no first line", {"scripts/a.sh": "true\n"}, ["scripts/a.sh:1"]),
    ("scripts", "good ones", {"a.sh": "#!/bin/sh\ntrue\n", "b": "#!/bin/bash\nx=(1)\n", "c.py": "if (\n"}, []),
    ("white space", "end of line", {"README.md": "a\nb \n"}, ["README.md:2"]),
    ("white space", "tab at the end", {"a.c": "a\t\n"}, ["a.c:1"]),
    ("white space", "space before tab", {"a.c": "\t \tx\n"}, ["a.c:1"]),
    ("white space", "carriage return", {"a.c": "x\r\n"}, ["a.c:1"]),
    ("white space", "no last newline", {"a.c": "x\ny"}, ["a.c:2"]),
    ("white space", "empty last line", {"a.c": "x\n\n"}, ["a.c:2"]),
    ("white space", "conflict", {"a.c": "<<<<<<< here\nx\n=======\ny\n>>>>>>> there\n"}, ["a.c:1", "a.c:3", "a.c:5"]),
    ("white space", "good ones", {"a.c": "\tx\n\t    y\n", "b": "\0 \n\n", "c": "", "build/d.c": "x \n"}, []),
    ("manuals", "unknown macro", {"man/a.1": ".Dd November 23, 2026\n.Dt A 1\n.Os\n.Sh NAME\n.Nm a\n.Nd b\n.Zz c\n"},
     ["man/a.1:7"]),
]

COMMANDS = {"src/cli/cli.c": 'const struct cli_command cli_commands[] = {\n\t{"exec", f},\n\t{"help", g},\n};\n'}
CASES += [
    ("manuals name all", "one is missing", {**COMMANDS, "man/pocketci.1": ".It Cm exec\n.It Xo help\nhelp\n"},
     ["man/pocketci.1:1"]),
    ("manuals name all", "one behind another macro", {**COMMANDS, "man/pocketci.1": ".It Cm exec , Fl help\n"},
     ["man/pocketci.1:1"]),
    ("manuals name all", "all are there", {**COMMANDS, "man/pocketci.1": ".Cm exec Op Fl x\n.It Cm a , help\n"}, []),
    ("manuals name all", "no such table", {"src/cli/cli.c": "int x;\n", "man/pocketci.1": ".Cm exec\n"},
     ["src/cli/cli.c:1"]),
    ("manuals name all", "no page", COMMANDS, ["src/cli/cli.c:1"]),
    ("manuals name all", "no source", {"man/pocketci.1": ".Cm exec\n"}, ["man/pocketci.1:1"]),
]

FORGE = 'static const char *const parts[] = {\n\t"a.b",\n\t"list",\n\tNULL,\n};\n'
CASES += [
    ("parts of payloads", "all are there", {"src/forge/x.c": 'f("a.b"); f("list.c");\n' + FORGE}, []),
    ("parts of payloads", "in a part", {"src/forge/x.c": FORGE.replace("a.b", "z.a.b") + 'f("a.b");\n'}, []),
    ("parts of payloads", "one is missing", {"src/forge/x.c": 'f("a.c");\n' + FORGE}, ["src/forge/x.c:1"]),
    ("parts of payloads", "of another forge", {"src/forge/x.c": '\tf("a.c"); /* Gogs */\n' + FORGE}, []),
    ("parts of payloads", "all of the payload", {"src/forge/x.c": 'f("a.c");\n'}, []),
]

PARTS = {"src/hook/regex_translate.c": "#define REPEAT_MAX 1000\n"}
LIMITS = ".Sh LIMITS\n.Bl -column\n.It repetitions in it Ta 1,000\n.El\n.Sh FILES\n.It other Ta 1\n"
CASES += [
    ("limits", "as in the code", {**PARTS, "man/pocketci.fcgi.8": LIMITS}, []),
    ("limits", "another number", {**PARTS, "man/pocketci.fcgi.8": LIMITS.replace("1,000", "100")},
     ["man/pocketci.fcgi.8:3"]),
    ("limits", "one is missing", {**PARTS, "man/pocketci.fcgi.8": ".Sh LIMITS\n"}, ["src/hook/regex_translate.c:1"]),
    ("limits", "no page", PARTS, ["src/hook/regex_translate.c:1"]),
    ("limits", "no constant", {"src/hook/regex_translate.c": "int x;\n", "man/pocketci.fcgi.8": LIMITS},
     ["src/hook/regex_translate.c:1"]),
    ("limits", "one that nothing backs", {"man/pocketci.fcgi.8": LIMITS}, ["man/pocketci.fcgi.8:3"]),
    ("limits", "a product with a cast",
     {"src/config/secret.c": "#define SECRET_MAX ((size_t)64 * 1024)\n",
      "man/pocketci.fcgi.8": ".Sh LIMITS\n.It file of a secret Ta 64 KiB\n"}, []),
]


def run_case(check, files, expected, layers, command):
    with tempfile.TemporaryDirectory(prefix="pocketci-lint-") as root:
        for path, content in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
                file.write(content)
        found = [f"{finding.path}:{finding.line}" for finding in check(checks.Tree(root, layers, command))]
        return None if found == expected else f"found {found or 'nothing'}, expected {expected or 'nothing'}"


def run(tree, available):
    """The failures as text; every check must have a case in which it fails."""
    failures = []
    for name, check, _ in [entry for entry in checks.CHECKS if available(entry)]:
        cases = [case for case in CASES if case[0] == name]
        if not any(case[3] for case in cases):
            failures.append(f"{name}: no case shows that it can fail")
        for _, shown, files, expected in cases:
            wrong = run_case(check, files, expected, tree.layers, tree.compile_command)
            if wrong:
                failures.append(f"{name}, {shown}: {wrong}")
    known = {entry[0] for entry in checks.CHECKS}
    failures += [f"{case[0]}: no such check" for case in CASES if case[0] not in known]
    return failures
