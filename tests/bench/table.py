"""Rows with their goals, and the table that README.md has between two markers."""

BEGIN, END = "<!-- make bench README=1 -->", "<!-- end of the measurements -->"

FORMATS = {
    "requests": lambda v: f"{v:,.0f} req/s",
    "cpu": lambda v: f"{v * 1e6:,.0f} µs",
    "ms": lambda v: f"{v * 1e3:,.1f} ms",
    "bytes": lambda v: f"{v / 1e6:,.1f} MB",
    "share": lambda v: f"{v:.0%}",
    "count": lambda v: f"{v:,.0f}",
}


class Row:
    """One line: what the peer needs, what ours does, and a goal for their ratio or (`own`) for ours alone."""

    def __init__(self, title, unit, peer, ours, at_most=None, at_least=None, own=False, beside=None):
        self.title, self.unit, self.peer, self.ours = title, unit, peer, ours
        self.at_most, self.at_least, self.own, self.beside = at_most, at_least, own, beside

    @property
    def ratio(self):
        return self.ours / self.peer if self.peer and self.ours is not None else None

    def holds(self):
        """None where there is no goal."""
        value = self.ours if self.own else self.ratio
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or value <= self.at_most) and (self.at_least is None or value >= self.at_least)

    def goal(self):
        parts = []
        for sign, bound in (("≤", self.at_most), ("≥", self.at_least)):
            if bound is not None:
                parts.append(f"{sign} " + (FORMATS[self.unit](bound) if self.own else f"{bound:g}"))
        text = ", ".join(parts)
        return text if self.holds() in (None, True) else f"{text}: **missed**"

    def cells(self):
        show = FORMATS[self.unit]
        peer = "" if self.peer is None else show(self.peer)
        if self.beside:
            peer = f"{self.beside}: {peer}" if peer else self.beside
        return (self.title, peer, "" if self.ours is None else show(self.ours),
                "" if self.ratio is None else f"{self.ratio:.2f}", self.goal())


def markdown(rows):
    lines = ["| | `webhook` | pocketci | ratio | goal |", "|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(row.cells()) + " |" for row in rows]) + "\n"


def put_into(path, table):
    """Replaces what the file has between the markers."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{table}{END}{after}")
