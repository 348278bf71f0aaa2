/*
 * Classes of characters: [a-z], \d, [[:word:]], \p{Greek}.
 *
 * A class is kept as what stands inside one pair of brackets and, apart from it, each negated part: RE2 folds case
 * first and negates then, which PCRE2 does for a whole [^…] but not for a \W within brackets.
 */
#include "hook/regex_syntax.h"

#include <string.h>

#include "base/buf.h"

#define SURROGATE_FIRST 0xD800
#define SURROGATE_LAST 0xDFFF

#define OTHER_BEGIN "|[^"

struct class
{
	struct buf items;  /* the inside of [ ] */
	struct buf others; /* OTHER_BEGIN, the inside, "]" for each negated part */
	size_t other_count;
};

static void write_class(struct regex_parser *parser, const struct class *class, bool negated)
{
	struct buf *out = parser->out;

	regex_write_folding(parser);
	if (class->others.len == 0 && class->items.len > 0) {
		buf_printf(out, negated ? "[^%s]" : "[%s]", class->items.data);
		return;
	}
	if (class->other_count == 1 && class->items.len == 0) {
		buf_printf(out, negated ? "[%s" : "[^%s", class->others.data + strlen(OTHER_BEGIN));
		return;
	}
	/* "(?!)" is the class without a character: only halves of surrogate pairs leave it so. */
	buf_append_c(out, negated ? "(?:(?!" : "(?:");
	if (class->items.len > 0)
		buf_printf(out, "[%s]", class->items.data);
	else
		buf_append_c(out, "(?!)");
	buf_append_str(out, buf_str(&class->others));
	buf_append_c(out, negated ? ")(?s:.))" : ")");
}

static void add_set(struct class *class, const char *items, bool negated)
{
	if (!negated) {
		buf_append_c(&class->items, items);
		return;
	}
	buf_printf(&class->others, OTHER_BEGIN "%s]", items);
	class->other_count++;
}

/* PCRE2 refuses a surrogate as the end of a range; none is in any text. */
static void add_range(struct class *class, uint32_t first, uint32_t last)
{
	if (first >= SURROGATE_FIRST && first <= SURROGATE_LAST)
		first = SURROGATE_LAST + 1;
	if (last >= SURROGATE_FIRST && last <= SURROGATE_LAST)
		last = SURROGATE_FIRST - 1;
	if (first > last)
		return;
	regex_write_character(&class->items, first);
	if (last > first) {
		buf_append_byte(&class->items, '-');
		regex_write_character(&class->items, last);
	}
}

/* --- \d \s \w --------------------------------------------------------------------------------------------------- */

static const char *perl_items(char letter)
{
	switch (letter) {
	case 'd':
	case 'D':
		return "0-9";
	case 's':
	case 'S':
		return "\\t\\n\\f\\r\\x20"; /* no vertical tab */
	case 'w':
	case 'W':
		return "0-9A-Za-z_";
	default:
		return NULL;
	}
}

static bool take_perl_class(struct regex_parser *parser, struct class *class)
{
	struct str rest = regex_rest(parser);
	const char *items = rest.len > 1 && rest.data[0] == '\\' ? perl_items(rest.data[1]) : NULL;
	if (!items)
		return false;
	add_set(class, items, rest.data[1] < 'a');
	parser->at += 2;
	return true;
}

/* --- [:alpha:] -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *items;
} posix_classes[] = {
	{"alnum", "0-9A-Za-z"},
	{"alpha", "A-Za-z"},
	{"ascii", "\\x00-\\x7F"},
	{"blank", "\\t\\x20"},
	{"cntrl", "\\x00-\\x1F\\x7F"},
	{"digit", "0-9"},
	{"graph", "\\x21-\\x7E"},
	{"lower", "a-z"},
	{"print", "\\x20-\\x7E"},
	{"punct", "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E"},
	{"space", "\\t\\n\\x0B\\f\\r\\x20"},
	{"upper", "A-Z"},
	{"word", "0-9A-Za-z_"},
	{"xdigit", "0-9A-Fa-f"},
};

/* "[:name:]" or "[:^name:]"; without a closing ":]" it is no more than a bracket and a colon. */
static bool read_posix_class(struct regex_parser *parser, struct class *class, bool *taken)
{
	struct str rest = regex_rest(parser);
	size_t end = 2;
	*taken = false;
	while (end + 1 < rest.len && !(rest.data[end] == ':' && rest.data[end + 1] == ']'))
		end++;
	if (!str_starts(rest, STR("[:")) || end + 1 >= rest.len)
		return true;

	struct str name = str_from_index(str_head(rest, end), 2);
	bool negated = str_starts(name, STR("^"));
	name = str_from_index(name, negated ? 1 : 0);
	for (size_t i = 0; i < sizeof(posix_classes) / sizeof(posix_classes[0]); i++) {
		if (str_equal_c(name, posix_classes[i].name)) {
			add_set(class, posix_classes[i].items, negated);
			parser->at += end + 2;
			*taken = true;
			return true;
		}
	}
	return regex_fail(parser, parser->at, "there is no class [:%.*s:]", STR_ARGS(name));
}

/* --- \p{Greek} -------------------------------------------------------------------------------------------------- */

/*
 * The general categories, and what case folding adds to a class that RE2 folds. For PCRE2 the category C has the
 * characters that are not assigned too, for RE2 not.
 */
static const struct {
	const char *name, *items, *folded; /* folded NULL: the same as items */
} properties[] = {
	{"Any", "\\x00-\\x{10FFFF}", NULL},
	{"C", "\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}", NULL},
	{"Cc", "\\p{Cc}", NULL},
	{"Cf", "\\p{Cf}", NULL},
	{"Co", "\\p{Co}", NULL},
	{"Cs", "\\p{Cs}", NULL},
	{"L", "\\p{L}", "\\p{L}\\x{345}"},
	{"Ll", "\\p{Ll}", ""},
	{"Lm", "\\p{Lm}", NULL},
	{"Lo", "\\p{Lo}", NULL},
	{"Lt", "\\p{Lt}", ""},
	{"Lu", "\\p{Lu}", ""},
	{"M", "\\p{M}", "\\p{M}\\x{399}\\x{3B9}\\x{1FBE}"},
	{"Mc", "\\p{Mc}", NULL},
	{"Me", "\\p{Me}", NULL},
	{"Mn", "\\p{Mn}", "\\p{Mn}\\x{399}\\x{3B9}\\x{1FBE}"},
	{"N", "\\p{N}", NULL},
	{"Nd", "\\p{Nd}", NULL},
	{"Nl", "\\p{Nl}", NULL},
	{"No", "\\p{No}", NULL},
	{"P", "\\p{P}", NULL},
	{"Pc", "\\p{Pc}", NULL},
	{"Pd", "\\p{Pd}", NULL},
	{"Pe", "\\p{Pe}", NULL},
	{"Pf", "\\p{Pf}", NULL},
	{"Pi", "\\p{Pi}", NULL},
	{"Po", "\\p{Po}", NULL},
	{"Ps", "\\p{Ps}", NULL},
	{"S", "\\p{S}", NULL},
	{"Sc", "\\p{Sc}", NULL},
	{"Sk", "\\p{Sk}", NULL},
	{"Sm", "\\p{Sm}", NULL},
	{"So", "\\p{So}", NULL},
	{"Z", "\\p{Z}", NULL},
	{"Zl", "\\p{Zl}", NULL},
	{"Zp", "\\p{Zp}", NULL},
	{"Zs", "\\p{Zs}", NULL},
	/* Scripts that folding adds to. All others go by their name. */
	{"Common", "\\p{sc:Common}", "\\p{sc:Common}\\x{39C}\\x{3BC}"},
	{"Greek", "\\p{sc:Greek}", "\\p{sc:Greek}\\x{B5}\\x{345}"},
	{"Inherited", "\\p{sc:Inherited}", "\\p{sc:Inherited}\\x{399}\\x{3B9}\\x{1FBE}"},
};

static bool is_script_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];
		if (!((c >= 'A' && c <= 'Z') || (i > 0 && ((c >= 'a' && c <= 'z') || c == '_'))))
			return false;
	}
	return name.len > 2 && name.len < 40;
}

static bool add_property(struct regex_parser *parser, size_t at, struct str name, bool negated, struct class *class)
{
	bool fold = (parser->flags & REGEX_FOLD) != 0;
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		if (!str_equal_c(name, properties[i].name))
			continue;
		const char *items = fold && properties[i].folded ? properties[i].folded : properties[i].items;
		if (items[0] == '\0')
			return regex_fail(parser, at, "\\p{%.*s} together with (?i) is not available; write \\p{L}",
			                  STR_ARGS(name));
		add_set(class, items, negated);
		return true;
	}
	if (!is_script_name(name) || !regex_script_exists(name))
		return regex_fail(parser, at, "there is no class of characters \\p{%.*s}", STR_ARGS(name));

	struct buf items = BUF_INIT;
	buf_printf(&items, "\\p{sc:%.*s}", STR_ARGS(name));
	add_set(class, items.data, negated);
	buf_release(&items);
	return true;
}

/* \pN, \p{Greek}, \P{^Greek}. */
static bool read_property(struct regex_parser *parser, struct class *class, bool *taken)
{
	size_t at = parser->at;
	struct str rest = regex_rest(parser), name;
	*taken = str_starts(rest, STR("\\p")) || str_starts(rest, STR("\\P"));
	if (!*taken)
		return true;

	bool negated = rest.data[1] == 'P';
	parser->at += 2;
	rest = regex_rest(parser);
	if (str_starts(rest, STR("{"))) {
		size_t end = str_find(rest, '}');
		if (end == rest.len)
			return regex_fail(parser, at, "there is no } for this \\%c{", negated ? 'P' : 'p');
		name = str_from_index(str_head(rest, end), 1);
		parser->at += end + 1;
	} else {
		if (rest.len > 0)
			regex_next(parser);
		name = str_head(rest, rest.len - regex_rest(parser).len);
	}
	if (str_starts(name, STR("^"))) {
		negated = !negated;
		name = str_from_index(name, 1);
	}
	return add_property(parser, at, name, negated, class);
}

/* --- Brackets --------------------------------------------------------------------------------------------------- */

/* One end of a range, or a character alone. */
static bool read_end(struct regex_parser *parser, size_t open, uint32_t *character)
{
	struct str rest = regex_rest(parser);
	if (rest.len == 0)
		return regex_fail(parser, open, "there is no ] for this [");
	if (rest.data[0] == '\\')
		return regex_read_escape(parser, character);
	*character = regex_next(parser);
	return true;
}

static bool read_range(struct regex_parser *parser, size_t open, struct class *class)
{
	size_t at = parser->at;
	uint32_t first, last;

	if (!read_end(parser, open, &first))
		return false;
	last = first;
	struct str rest = regex_rest(parser);
	if (rest.len >= 2 && rest.data[0] == '-' && rest.data[1] != ']') {
		parser->at++;
		if (!read_end(parser, open, &last))
			return false;
	}
	if (last < first)
		return regex_fail(parser, at, "the end of this range is before its beginning");
	add_range(class, first, last);
	return true;
}

static bool read_item(struct regex_parser *parser, size_t open, struct class *class)
{
	bool taken;
	if (!read_posix_class(parser, class, &taken))
		return false;
	if (taken)
		return true;
	if (!read_property(parser, class, &taken))
		return false;
	if (taken || take_perl_class(parser, class))
		return true;
	return read_range(parser, open, class);
}

bool regex_read_class(struct regex_parser *parser)
{
	struct class class = {BUF_INIT, BUF_INIT, 0};
	size_t open = parser->at++;
	bool negated = str_starts(regex_rest(parser), STR("^"));
	bool read = true;

	parser->at += negated ? 1 : 0;
	/* A ] is itself where it comes first. */
	for (bool first = true; read && (first || !str_starts(regex_rest(parser), STR("]"))); first = false)
		read = read_item(parser, open, &class);
	if (read) {
		parser->at++;
		write_class(parser, &class, negated);
	}
	buf_release(&class.items);
	buf_release(&class.others);
	return read;
}

bool regex_read_named_class(struct regex_parser *parser, bool *taken)
{
	struct class class = {BUF_INIT, BUF_INIT, 0};
	bool read = read_property(parser, &class, taken);

	if (read && !*taken)
		*taken = take_perl_class(parser, &class);
	if (read && *taken)
		write_class(parser, &class, false);
	buf_release(&class.items);
	buf_release(&class.others);
	return read;
}
