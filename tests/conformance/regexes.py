"""Random regular expressions of Go's syntax that both programs take."""

ATOMS = ["a", "b", "main", "ref", "x", "0", "é", "日", r"\.", ".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[a-c]",
         "[^a-z]", "[[:digit:]]", "[^[:space:]]", r"\p{L}", r"\pN", r"\P{Lu}", r"[\d.]", r"\x41", r"\x{65E5}", r"\n",
         r"\t",
         r"\/", "<", "&", "'", " ", r"\Qa.b\E", "(?i:MAIN)", "(?s:.)", r"[\p{Greek}x]", r"\b", r"\B", "^", "$", r"\A",
         r"\z", "(?m:^)", "(?m:$)", "(?i:é)", "(?i:k)", "[[:^alpha:]]", r"[^\n]", r"[\w-]", "[]x]", "[^]]",
         r"[\x00-\x1F]",
         r"[^\x00-\x{10FFFF}]", "(?U:a+?)", "()", "(?:)", r"\pC", r"\p{Zs}", r"\p{Han}", r"\x{FFFD}", "[é-日]", "{",
         "}", ",",
         "]", "-", ":", r"\v", r"[\v\f]", r"\101", r"\07", "(?i:[a-c])", "(?i:ſ)", r"(?i:[^k])", "[[:word:]]",
         "[[:punct:]]"]
REPEATS = ["", "", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?", "??", "{0,2}?", "{0}"]


def _sequence(rng, depth):
    return "".join(_piece(rng, depth) for _ in range(rng.randrange(1, 5)))


def _piece(rng, depth):
    atom = rng.choice(ATOMS)
    if depth and rng.random() < 0.25:
        atom = rng.choice(["(", "(?:", "(?s:", "(?m:", "(?U:"]) + some_regex(rng, depth - 1) + ")"
    repeat = rng.choice(REPEATS)
    return atom + ("" if atom == "{" else repeat)


def some_regex(rng, depth=2):
    text = "|".join(_sequence(rng, depth) for _ in range(rng.choice([1, 1, 1, 2, 3])))
    # Together with (?i) ours refuses some classes, and one file is refused whole.
    if depth == 2 and rng.random() < 0.15 and "\\p" not in text and "\\P" not in text:
        text = rng.choice(["(?i)", "(?is)", "(?im)"]) + text
    return text
