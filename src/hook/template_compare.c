/*
 * eq, ne, lt, le, gt, ge. Only what is of one kind is compared, and a byte is a whole number here; nothing equals nothing
 * and differs from everything else. Booleans have no order.
 */
#include "hook/template_value.h"

static enum template_kind kind_of(const struct template_value *value)
{
	return value->kind == TEMPLATE_BYTE ? TEMPLATE_INTEGER : value->kind;
}

static bool fail_kinds(struct template_call *call, const struct template_value *a, const struct template_value *b)
{
	return template_call_fail(call, "%s cannot be compared with %s", template_kind_name(a->kind),
	                          template_kind_name(b->kind));
}

static bool same(const struct template_value *a, const struct template_value *b)
{
	switch (kind_of(a)) {
	case TEMPLATE_BOOL:
		return a->truth == b->truth;
	case TEMPLATE_INTEGER:
		return a->number == b->number;
	case TEMPLATE_FLOAT:
		return a->real <= b->real && a->real >= b->real;
	case TEMPLATE_TEXT:
		return str_equal(a->text, b->text);
	case TEMPLATE_NIL:
	case TEMPLATE_BYTE:
	default:
		return true;
	}
}

static bool equal(struct template_call *call, const struct template_value *a, const struct template_value *b,
                  bool *truth)
{
	*truth = kind_of(a) == kind_of(b) && same(a, b);
	if (kind_of(a) == kind_of(b) || a->kind == TEMPLATE_NIL || b->kind == TEMPLATE_NIL)
		return true;
	return fail_kinds(call, a, b);
}

static bool less(struct template_call *call, const struct template_value *a, const struct template_value *b,
                 bool *truth)
{
	enum template_kind kind = kind_of(a);

	if (kind != kind_of(b) || kind == TEMPLATE_NIL || kind == TEMPLATE_BOOL)
		return fail_kinds(call, a, b);
	if (kind == TEMPLATE_INTEGER)
		*truth = a->number < b->number;
	else if (kind == TEMPLATE_FLOAT)
		*truth = a->real < b->real;
	else
		*truth = str_compare(a->text, b->text) < 0;
	return true;
}

/* The first against each of the others, up to one that is equal. */
bool template_call_equal(struct template_call *call, struct template_value *result)
{
	bool truth = false;

	for (size_t i = 1; i < call->count && !truth; i++)
		if (!equal(call, &call->arguments[0], &call->arguments[i], &truth))
			return false;
	*result = template_boolean(truth);
	return true;
}

bool template_call_not_equal(struct template_call *call, struct template_value *result)
{
	bool truth = false;

	if (!equal(call, &call->arguments[0], &call->arguments[1], &truth))
		return false;
	*result = template_boolean(!truth);
	return true;
}

/* a < b, or its opposite, with a and b as they come or swapped. */
static bool order(struct template_call *call, bool swapped, bool opposite, struct template_value *result)
{
	bool truth = false;

	if (!less(call, &call->arguments[swapped], &call->arguments[!swapped], &truth))
		return false;
	*result = template_boolean(truth != opposite);
	return true;
}

bool template_call_less(struct template_call *call, struct template_value *result)
{
	return order(call, false, false, result);
}

bool template_call_less_or_equal(struct template_call *call, struct template_value *result)
{
	return order(call, true, true, result);
}

bool template_call_greater(struct template_call *call, struct template_value *result)
{
	return order(call, true, false, result);
}

bool template_call_greater_or_equal(struct template_call *call, struct template_value *result)
{
	return order(call, false, true, result);
}
