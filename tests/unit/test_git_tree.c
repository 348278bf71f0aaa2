/* git/tree.h, by way of git/workspace.h: trees that git would never make, and none may reach out of its workspace. */
#include "check.h"

#include "git/tree.h"
#include "git/workspace.h"
#include "git_fixture.h"

/*
 * Entries are "MODE NAME=WHAT", where WHAT is evil (a file), out (a symlink out of the workspace), up (the same,
 * relative), sub (a submodule) or {…} (a folder), parted by |.
 */
/* clang-format off */
static const struct {
	const char *tree;
	bool refused;
} hostile[] = {
	{"40000 .git={100644 config=evil}", true},
	{"40000 .GIT={100644 config=evil}", true},
	{"40000 git~1={100644 config=evil}", true},
	{"40000 d={40000 .git={40000 hooks={100755 post-checkout=evil}}}", true},
	{"100644 .git=evil", true},
	{"120000 .git=out", true},
	{"160000 .git=sub", true},
	{"100644 .git =evil", true},
	{"100644 .git::$INDEX_ALLOCATION=evil", true},
	{"40000 ..={100644 evil=evil}", true},
	{"40000 ..={40000 outside={100644 evil=evil}}", true},
	{"40000 .={100644 evil=evil}", true},
	{"100644 ../outside/evil=evil", true},
	{"120000 ../outside/evil=out", true},
	{"100644 a/../../outside/evil=evil", true},
	{"100644 /tmp/pocketci-test-evil=evil", true},
	{"120000 a=out|40000 a={100644 evil=evil}", true},
	{"40000 a={100644 evil=evil}|120000 a=out", true},
	{"120000 a=out|40000 a={120000 evil=out}", true},
	{"120000 a=up|40000 a={120000 evil=out}", true},
	{"120000 a=out|40000 a={160000 evil=sub}", true},
	{"120000 a=out|100644 a-b=evil|40000 a={40000 evil={120000 x=out}}", true},
	{"120000 a=out|120000 a/evil=out", true},
	{"120000 a=out|160000 a/evil=sub", true},
	{"40000 d={120000 a=out|40000 a={120000 evil=out}}", true},
	{"100644 a=evil|100644 a=out", true},
	{"120000 .gitmodules=out", true},
	/* These stay what they are. */
	{"120000 a=out|100644 b=evil", false},
	{"120000 .gitattributes=out|100644 b=evil", false},
	{"100644 ..\\evil=evil", false},
	{"100777 a=evil", false},
};
/* clang-format on */

/* Writes the entries' tree into the upstream repository with nothing checked, and gives its id. */
/* clang-format off */
static const char *tree_writer =
	"import subprocess, sys\n"
	"def write(kind, data):\n"
	"    done = subprocess.run(['git', 'hash-object', '-w', '--literally', '--stdin', '-t', kind], input=data, stdout=-1, check=True)\n"
	"    return done.stdout.decode().strip()\n"
	"blobs = {'evil': write('blob', b'evil\\n'), 'out': write('blob', sys.argv[2].encode()), 'up': write('blob', b'../outside'), 'sub': '1' * 40}\n"
	"def split(text):\n"
	"    depth, part, parts = 0, '', []\n"
	"    for c in text:\n"
	"        depth += (c == '{') - (c == '}')\n"
	"        if c == '|' and depth == 0: parts.append(part); part = ''\n"
	"        else: part += c\n"
	"    return parts + [part]\n"
	"def tree(text):\n"
	"    data = b''\n"
	"    for entry in split(text):\n"
	"        mode, rest = entry.split(' ', 1)\n"
	"        name, what = rest.split('=', 1)\n"
	"        child = tree(what[1:-1]) if what[0] == '{' else blobs[what]\n"
	"        data += mode.encode() + b' ' + name.encode() + b'\\0' + bytes.fromhex(child)\n"
	"    return write('tree', data)\n"
	"print(write('commit', ('tree %s\\nauthor a <a@b> 1 +0000\\ncommitter a <a@b> 1 +0000\\n\\nx\\n' % tree(sys.argv[1])).encode()))\n";
/* clang-format on */

static char *push_hostile(struct git_fixture *fixture, const char *tree)
{
	struct error error = ERROR_INIT;
	char *path = file_join(&fixture->arena, fixture->folder, "tree.py");
	unlink(path);
	assert_true(file_create(path, str_from(tree_writer), 0600, &error));
	return output_of(fixture->upstream,
	                 "c=$(/usr/bin/python3 ../tree.py '%s' %s/outside); git update-ref refs/heads/main $c; echo $c",
	                 tree, fixture->folder);
}

static void test_hostile_trees(void **state)
{
	struct git_fixture *fixture = *state;
	script(fixture->folder, "mkdir outside box; echo untouched > outside/file");
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		char *commit = push_hostile(fixture, hostile[i].tree);
		struct made made =
			make(fixture, arena_printf(&fixture->arena, "box/w%zu", i), "refs/heads/main", commit);
		if (made.ok == hostile[i].refused)
			fail_msg("%s: %s", hostile[i].tree, made.ok ? "was taken" : made.error.message);
		if (!made.ok) {
			assert_int_equal(made.error.kind, ERROR_UNUSABLE);
			assert_contains(made.error.message, commit);
		}
		/* Beside the workspace nothing came or changed, and in its .git is nothing of theirs. */
		assert_string_equal(output_of(fixture->folder, "ls -A outside; cat outside/file; ls -A box"),
		                    arena_printf(&fixture->arena, "file\nuntouched\nw%zu", i));
		assert_string_equal(
			output_of(made.path, "find .git -name '*post-checkout*'; grep -l evil .git/config || :"), "");
		script(fixture->folder, "rm -r box/w%zu", i);
		assert_int_equal(access("/tmp/pocketci-test-evil", F_OK), -1);
	}
}

/* 10 folders that hold the same 10 folders, and so on: a few hundred bytes that would be 10^8 files. */
static void test_tree_of_trees(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = output_of(
		fixture->upstream,
		"t=$(git mktree </dev/null); b=$(echo | git hash-object -w --stdin); kind=\"100644 blob $b\"; for level in 1 2 3 4 5 6 7 8; do "
		"t=$(for i in 0 1 2 3 4 5 6 7 8 9; do printf '%%s\\t%%s\\n' \"$kind\" $i; done | git mktree); kind=\"040000 tree $t\"; done; "
		"c=$(git commit-tree -m x $t); git update-ref refs/heads/main $c; echo $c");
	struct made made = make(fixture, "workspace", "refs/heads/main", commit);
	assert_false(made.ok);
	assert_int_equal(made.error.kind, ERROR_TOO_LARGE);
	assert_contains(made.error.message, commit);
	assert_string_equal(output_of(made.path, "ls"), "");
}

#define TREE_TEST(function) cmocka_unit_test_setup_teardown(function, git_fixture_setup, git_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_hostile_trees),
		TREE_TEST(test_tree_of_trees),
	};
	return cmocka_run_group_tests_name("git tree", tests, git_group_setup, git_group_teardown);
}
