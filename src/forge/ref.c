/*
 * Names of commits and refs: what may be handed to git.
 */
#include "forge/event.h"

#define REF_MAX 1024

bool event_commit_is_none(struct str commit)
{
	for (size_t i = 0; i < commit.len; i++) {
		if (commit.data[i] != '0')
			return false;
	}
	return true;
}

bool event_commit_is_valid(struct str commit)
{
	if (commit.len != 40 && commit.len != 64)
		return false;
	for (size_t i = 0; i < commit.len; i++) {
		char byte = commit.data[i];

		if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f'))
			return false;
	}
	return true;
}

static bool has_forbidden_byte(struct str ref)
{
	for (size_t i = 0; i < ref.len; i++) {
		struct str one = {&ref.data[i], 1};
		unsigned char byte = (unsigned char)ref.data[i];

		if (byte <= 0x20 || byte == 0x7f || str_contains(STR("~^:?*[\\"), one))
			return true;
	}
	return false;
}

/* The name without refs/heads/, refs/tags/ or refs/, which is what commands are given. */
static struct str short_name(struct str ref)
{
	if (str_starts(ref, STR("refs/heads/")))
		return str_from_index(ref, 11);
	return str_from_index(ref, str_starts(ref, STR("refs/tags/")) ? 10 : 5);
}

/* The rules of git-check-ref-format(1) for each part between slashes. */
static bool parts_are_valid(struct str ref)
{
	struct str part;

	while (str_split_next(&ref, '/', &part)) {
		if (part.len == 0 || str_starts(part, STR(".")) || str_ends(part, STR(".lock")))
			return false;
	}
	return true;
}

static bool is_well_formed(struct str ref)
{
	if (ref.len > REF_MAX || has_forbidden_byte(ref))
		return false;
	if (str_contains(ref, STR("..")) || str_contains(ref, STR("@{")) || str_ends(ref, STR(".")))
		return false;
	return parts_are_valid(ref);
}

bool event_ref_is_valid(struct str ref)
{
	return str_starts(ref, STR("refs/")) && is_well_formed(ref) && !str_starts(short_name(ref), STR("-"));
}

bool event_branch_is_valid(struct str name)
{
	return name.len > 0 && name.len <= REF_MAX - 11 && is_well_formed(name) && !str_starts(name, STR("-"));
}
