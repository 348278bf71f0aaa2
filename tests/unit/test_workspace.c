/* git/workspace.h against what git itself makes of the same commit. */
#include "check.h"

#include <sched.h>
#include <sys/mount.h>

#include "git/mirror.h"
#include "git/objects.h"
#include "git/workspace.h"
#include "git_fixture.h"

/* Every name with its mode, kind, content's hash or where it points, sorted; not .git. */
static char *listing(struct git_fixture *fixture, const char *folder)
{
	return output_of(folder,
	                 "find . -path ./.git -prune -o -printf '%%y %%m %%P -> %%l\\0' | sort -z | tr '\\0' '\\n'; "
	                 "find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum");
}

/* What must hold in each workspace, whatever is in it. */
static void check_sound(struct git_fixture *fixture, const struct made *made, const char *commit)
{
	/* Before anything else: git's index already knows each file as it is, and nothing has to be looked at again. */
	assert_string_equal(output_of(made->path, "git diff-files"), "");
	assert_string_equal(output_of(made->path, "git rev-parse HEAD"), commit);
	assert_string_equal(output_of(made->path, "git status --porcelain 2>/dev/null"), "");
	assert_string_equal(output_of(made->path, "git fsck --no-dangling 2>&1"), "");
	assert_string_equal(output_of(made->path, "git write-tree"),
	                    output_of(made->path, "git rev-parse HEAD^{tree}"));
	assert_string_equal(output_of(made->path, "git log --format=%%H | wc -l"),
	                    output_of(fixture->upstream, "git rev-list %s | wc -l", commit));
	assert_string_equal(output_of(made->path, "ls -A .git/hooks"), "");
}

static void check_like_git(struct git_fixture *fixture, const struct made *made, const char *commit)
{
	script(fixture->upstream,
	       "umask 022; rm -rf ../by-git; git worktree prune; git worktree add -q --detach ../by-git %s 2>/dev/null",
	       commit);
	char *theirs = listing(fixture, file_join(&fixture->arena, fixture->folder, "by-git"));
	assert_string_equal(listing(fixture, made->path), theirs);
	assert_true(strlen(theirs) > 0);
}

/* --- Like git ----------------------------------------------------------------------------------------------------- */

/* Each of these makes one commit's content. */
/* clang-format off */
static const char *const contents[] = {
	/* Modes, links, empty files, depth. */
	"mkdir -p a/b/c/d; echo x > a/b/c/d/e; chmod 755 a/b/c/d/e; : > empty; echo run > run; chmod +x run; ln -s a/b link; ln -s ../out dangling; "
	"ln -s /etc/passwd absolute; ln -s e a/b/c/d/f; head -c 100000 /dev/urandom > big",
	/* Names. */
	"printf 1 > \"$(printf '\\377\\376')\"; printf 2 > \"$(printf 'new\\nline')\"; printf 3 > 'sp ace '; printf 4 > -dash; printf 5 > '*?['; "
	"printf 6 > 'a:b'; printf 7 > aux; printf 8 > trail.; printf 9 > 'back\\slash'; printf 0 > \"$(printf 'tab\\t')\"; "
	"printf a > .gitx; printf b > git~2; mkdir 'd '; printf c > 'd /\"q\"'; printf d > \"$(printf 'u\\314\\210')\"; printf e > .x",
	/*
	 * Line ends: files before and behind the .gitattributes that names them, in folders of their own, and itself.
	 */
	"mkdir -p d/e 'd/#x'; for f in '!a' '#b' -c +p z.txt 'd/!q.txt' d/z.txt d/e/y.txt 'd/#x/k' i.id bin.dat mixed; do "
	"printf 'one\\ntwo $Id$\\n' > ./\"$f\"; done; printf 'a\\r\\nb\\n' > mixed; "
	"printf '* text eol=crlf\\n*.id ident -text\\n*.dat -text\\nmixed binary\\n' > .gitattributes; "
	"printf '*.txt eol=lf\\n' > d/.gitattributes; printf 'y.txt eol=crlf\\n' > d/e/.gitattributes",
	/* Attributes that change nothing here. */
	"printf '* text=auto\\n*.png binary\\n' > .gitattributes; printf 'a\\nb\\n' > x; printf 'a\\r\\nb\\n' > y.png",
	/* Submodules, known and unknown to .gitmodules. */
	"printf '[submodule \"s\"]\\n\\tpath = lib/s\\n\\turl = https://example.org/s\\n' > .gitmodules; "
	"for p in lib/s plain; do git update-index --add --cacheinfo 160000,1234567890123456789012345678901234567890,$p; done; "
	"git add .gitmodules; GIT_KEEP_INDEX=1",
	/* Ignored files that are committed, and a repository without a work tree inside. */
	"printf '*\\n' > .gitignore; echo x > kept; git add -f kept .gitignore; git init -q --bare nested 2>/dev/null; rm -r nested/hooks; "
	"touch nested/objects/k nested/refs/k; git add -f nested; GIT_KEEP_INDEX=1",
	/* Nothing at all. */
	"GIT_KEEP_INDEX=1",
};
/* clang-format on */

static char *push_content(struct git_fixture *fixture, const char *content)
{
	return output_of(
		fixture->work,
		"git checkout -q --orphan new$(date +%%N); git rm -rqf --ignore-unmatch . ; "
		"git clean -ffdxq; GIT_KEEP_INDEX=; %s; [ -n \"$GIT_KEEP_INDEX\" ] || git add -A; "
		"git commit -q --allow-empty -m x; git push -qf origin HEAD:refs/heads/main; git rev-parse HEAD",
		content);
}

static void test_like_git(void **state)
{
	struct git_fixture *fixture = *state;
	for (size_t i = 0; i < COUNT_OF(contents); i++) {
		char *commit = push_content(fixture, contents[i]);
		char *name = arena_printf(&fixture->arena, "workspace%zu", i);
		struct made made = make_well(fixture, name, "refs/heads/main", commit);
		check_like_git(fixture, &made, commit);
		check_sound(fixture, &made, commit);
	}
}

static void test_history(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a", "1");
	char *merge =
		output_of(fixture->work,
	                  "git checkout -q -b side; echo s > s; git add s; git commit -qm s; git checkout -q main; "
	                  "echo m > m; git add m; git commit -qm m; git merge -q -m merge side; "
	                  "git push -q origin main; git rev-parse HEAD");
	struct made made = make_well(fixture, "workspace", "refs/heads/main", merge);
	check_like_git(fixture, &made, merge);
	check_sound(fixture, &made, merge);
	assert_string_equal(output_of(made.path, "git fsck 2>&1"), "");
	script(made.path, "git show -q HEAD^2; git log -p; git blame m; git describe --always");
	/* One can go on working in it. */
	script(made.path, "echo y > y; git add y; git commit -qm y; git checkout -q HEAD~1; git status");
}

/* The time is what tells a changed file from an unchanged one of the same length. */
static void test_status_is_right(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	struct made made = make_well(fixture, "workspace", "refs/heads/main", commit);
	struct stat file, index;
	assert_int_equal(stat(file_join(&fixture->arena, made.path, "a"), &file), 0);
	assert_int_equal(stat(file_join(&fixture->arena, made.path, ".git/index"), &index), 0);
	assert_true(file.st_mtim.tv_sec < index.st_mtim.tv_sec); /* else git reads the file again */
	script(made.path, "printf 2 > a");
	assert_string_equal(output_of(made.path, "git status --porcelain"), "M a");
	/* The ids of folders are there already, as `git status` wants them. */
	assert_string_equal(output_of(made.path, "grep -c TREE .git/index"), "1");
}

/* --- HEAD, refs, remote ------------------------------------------------------------------------------------------- */

static void test_branches(void **state)
{
	static const char *const names[] = {"main", "feature/x/y", "a\"b", "a.b", "x]y", "#1",
	                                    ";",    "\xC3\xBC",    "$(x)", "-x",  "A",   "remotes/origin/z"};
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *ref = arena_printf(&fixture->arena, "refs/heads/%s", names[i]);
		script(fixture->upstream, "git update-ref '%s' %s", ref, commit);
		struct made made = make_well(fixture, arena_printf(&fixture->arena, "workspace%zu", i), ref, "");
		assert_string_equal(output_of(made.path, "git symbolic-ref HEAD"), ref);
		assert_string_equal(output_of(made.path, "git rev-parse --symbolic-full-name '@{upstream}'"),
		                    arena_printf(&fixture->arena, "refs/remotes/origin/%s", names[i]));
		assert_string_equal(output_of(made.path, "git remote get-url origin"),
		                    url_of_upstream(fixture).text.data);
		check_sound(fixture, &made, commit);
	}
	/* As after a clone. */
	script(file_join(&fixture->arena, fixture->folder, "workspace0"),
	       "git fetch -q origin; git pull -q; git branch -vv");
}

static void test_tags(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	script(fixture->work, "git tag plain; git tag -m one v1; git tag -m two v2 v1; git push -q --tags origin");
	static const char *const names[] = {"plain", "v1", "v2"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *ref = arena_printf(&fixture->arena, "refs/tags/%s", names[i]);
		struct made made = make_well(fixture, names[i], ref, commit);
		assert_string_equal(output_of(made.path, "git rev-parse %s", ref),
		                    output_of(fixture->work, "git rev-parse %s", ref));
		assert_int_not_equal(run_script(made.path, "git symbolic-ref -q HEAD", NULL), 0);
		assert_contains(output_of(made.path, "git status 2>&1"), "HEAD detached at");
		check_sound(fixture, &made, commit);
	}
	/* The tag was moved while the run waited: the run has its commit, under the name by which it was asked for. */
	push_file(fixture, "main", "a", "2");
	script(fixture->work, "git tag -f -m other v1; git push -qf origin v1");
	struct repository_url url = url_of_upstream(fixture);
	assert_true(fetch(fixture, &url, "refs/tags/v1", "", "run").ok);
	struct made made = make_well(fixture, "moved", "refs/tags/v1", commit);
	assert_string_equal(output_of(made.path, "git rev-parse refs/tags/v1"), commit);
	check_sound(fixture, &made, commit);
}

static void test_other_refs(void **state)
{
	static const char *const refs[] = {"", "refs/pull/1/head"};
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	script(fixture->upstream, "git update-ref refs/pull/1/head %s", commit);
	for (size_t i = 0; i < COUNT_OF(refs); i++) {
		struct made made =
			make_well(fixture, arena_printf(&fixture->arena, "workspace%zu", i), refs[i], commit);
		assert_string_equal(output_of(made.path, "git for-each-ref"), "");
		assert_int_not_equal(run_script(made.path, "git symbolic-ref -q HEAD", NULL), 0);
		check_sound(fixture, &made, commit);
	}
}

/* --- Objects ------------------------------------------------------------------------------------------------------ */

static void test_copied(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	struct made made = make_well(fixture, "workspace", "refs/heads/main", commit);
	assert_int_equal(access(file_join(&fixture->arena, made.path, ".git/objects/info/alternates"), F_OK), -1);
	/* Its own files, which nobody can write to by mistake. */
	assert_string_equal(output_of(made.path, "stat -c '%%h %%a' .git/objects/pack/* | uniq"), "1 444");
	char *before = output_of(made.mirror, "cat objects/pack/* | sha256sum");
	script(made.path, "chmod +w .git/objects/pack/*; for f in .git/objects/pack/*; do echo x > $f; done");
	assert_string_equal(output_of(made.mirror, "cat objects/pack/* | sha256sum"), before);
	script(made.mirror, "git fsck --strict 2>/dev/null");
	/* Nothing is missing when the mirror is gone. */
	script(fixture->folder, "rm -rf workspace");
	made = make_well(fixture, "workspace", "refs/heads/main", commit);
	script(fixture->folder, "mv state away");
	check_sound(fixture, &made, commit);
}

/* In a mirror that somebody tidied: one object a file. */
static void test_loose(void **state)
{
	struct git_fixture *fixture = *state;
	push_file(fixture, "main", "a", "1");
	script(fixture->work, "mkdir b");
	char *commit = push_file(fixture, "main", "b/c", "2");
	struct repository_url url = url_of_upstream(fixture);
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run");
	unpack(fixture, fetched.mirror);
	struct made made = make_well(fixture, "workspace", "refs/heads/main", commit);
	script(fixture->folder, "mv state away");
	check_sound(fixture, &made, commit);
	assert_string_equal(output_of(made.path, "git count-objects -v | grep -c '^count: [1-9]'"), "1");
}

static void test_large(void **state)
{
	struct git_fixture *fixture = *state;
	script(fixture->work,
	       "for r in . ../up.git; do git -C $r config core.compression 0; done; head -c %llu /dev/urandom > random",
	       OBJECTS_COPY_BYTES + 1);
	char *commit = push_file(fixture, "main", "a", "1");
	struct made made = make_well(fixture, "workspace", "refs/heads/main", commit);
	assert_string_equal(output_of(made.path, "cat .git/objects/info/alternates"),
	                    output_of(made.mirror, "realpath objects"));
	assert_string_equal(output_of(made.path, "ls .git/objects/pack"), "");
	check_like_git(fixture, &made, commit);
	check_sound(fixture, &made, commit);
}

static void test_many_packs(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	char *commit = NULL;
	script(fixture->work, "for i in $(seq %d); do git commit -q --allow-empty -m $i; done", OBJECTS_COPY_FILES);
	push_file(fixture, "main", "a", "1");
	for (int i = OBJECTS_COPY_FILES; i >= 0; i--) {
		commit = output_of(fixture->work, "git rev-parse HEAD~%d", i);
		script(fixture->upstream, "git update-ref refs/heads/main %s", commit);
		assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run"), commit);
	}
	struct made made = make_well(fixture, "workspace", "refs/heads/main", commit);
	assert_int_equal(access(file_join(&fixture->arena, made.path, ".git/objects/info/alternates"), F_OK), 0);
	check_sound(fixture, &made, commit);
}

/* --- What this machine is like ------------------------------------------------------------------------------------ */

static void test_mask(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_content(fixture, contents[0]);
	mode_t before = umask(077);
	struct made made = make(fixture, "workspace", "refs/heads/main", commit);
	mode_t after = umask(before);
	assert_true(made.ok);
	assert_int_equal(after, 077);
	check_like_git(fixture, &made, commit);
	assert_string_equal(output_of(made.path, "stat -c %%a . .git .git/HEAD .git/config .git/index | tr '\\n' ' '"),
	                    "755 755 644 644 644");
}

static void test_path_is_taken(void **state)
{
	struct git_fixture *fixture = *state;
	char *commit = push_file(fixture, "main", "a", "1");
	script(fixture->folder, "mkdir workspace; ln -s nowhere link; : > file");
	static const char *const names[] = {"workspace", "link", "file", "no/parent"};
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		struct repository_url url = url_of_upstream(fixture);
		struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run");
		struct error error = ERROR_INIT;
		assert_false(workspace_make(fetched.mirror, file_join(&fixture->arena, fixture->folder, names[i]), &url,
		                            STR("refs/heads/main"), str_from(commit), NULL, &error));
		assert_int_equal(error.kind, ERROR_SYSTEM);
		assert_contains(error.message, names[i]);
	}
	assert_string_equal(output_of(fixture->folder, "ls -A workspace; readlink link; cat file"), "nowhere");
}

struct full_disk {
	struct git_fixture *fixture;
	const char *commit, *size;
};

/* 77: cannot be tried here. */
static int make_on_full_disk(void *argument)
{
	const struct full_disk *full = argument;
	struct git_fixture *fixture = full->fixture;
	char *folder = file_join(&fixture->arena, fixture->folder, "full");
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mkdir(folder, 0700) < 0 || mount("none", folder, "tmpfs", 0, full->size) < 0)
		return 77;
	struct made made = make(fixture, "full/workspace", "refs/heads/main", full->commit);
	if (!made.ok && made.error.kind == ERROR_STORAGE && strstr(made.error.message, "No space left"))
		return 0;
	fprintf(stderr, "%s: %s: %s\n", full->size, error_kind_name(made.error.kind), made.error.message);
	return 1;
}

/* From full before the first folder to full at the last file. */
static void test_full_disk(void **state)
{
	static const char *const sizes[] = {"size=4k",  "nr_inodes=3", "nr_inodes=20",
	                                    "size=32k", "size=200k",   "size=450k"};
	struct git_fixture *fixture = *state;
	script(fixture->work, "for i in $(seq 20); do head -c 10000 /dev/urandom > $i; done");
	char *commit = push_file(fixture, "main", "a", "1");
	struct repository_url url = url_of_upstream(fixture);
	assert_fetched(fetch(fixture, &url, "refs/heads/main", commit, "run"), commit);
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		int status = status_in_child(make_on_full_disk, &(struct full_disk){fixture, commit, sizes[i]});
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			skip();
		assert_int_equal(status, 0);
		script(fixture->folder, "rmdir full");
	}
}

/* A byte changed on disk, which no size tells. It is found here, and the next fetch makes the mirror again. */
static void test_damaged_mirror(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	script(fixture->work, "head -c 5000 /dev/urandom > random");
	char *commit = push_file(fixture, "main", "a", "1");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run1");
	assert_fetched(fetched, commit);
	script(fetched.mirror,
	       "f=$(echo objects/pack/*.pack); chmod +w $f; "
	       "for i in 2000 2500 3000; do printf 'XYZ' | dd of=$f bs=1 seek=$i conv=notrunc 2>/dev/null; done");

	struct made made = make(fixture, "workspace1", "refs/heads/main", commit);
	assert_false(made.ok);
	assert_int_equal(made.error.kind, ERROR_STORAGE);
	made = make_well(fixture, "workspace2", "refs/heads/main", commit);
	check_sound(fixture, &made, commit);
	assert_int_equal(access(arena_printf(&fixture->arena, "%s.damaged", made.mirror), F_OK), 0);
	make_well(fixture, "workspace3", "refs/heads/main", commit);
}

/* Well packed, but not what its name says. */
static void test_changed_object(void **state)
{
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	push_file(fixture, "main", "a", "right");
	char *commit = push_file(fixture, "main", "b", "wrong");
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", commit, "run");
	unpack(fixture, fetched.mirror);
	script(fetched.mirror, "file() { git rev-parse %s:$1 | sed 's,^..,objects/&/,'; }; cp -f $(file b) $(file a)",
	       commit);
	struct made made = make(fixture, "workspace1", "refs/heads/main", commit);
	assert_false(made.ok);
	assert_int_equal(made.error.kind, ERROR_STORAGE);
	made = make_well(fixture, "workspace2", "refs/heads/main", commit);
	check_sound(fixture, &made, commit);
}

static void test_unknown_commit(void **state)
{
	static const char *const commits[] = {"1234567890123456789012345678901234567890", "", "main", "12345678"};
	struct git_fixture *fixture = *state;
	struct repository_url url = url_of_upstream(fixture);
	struct fetched fetched = fetch(fixture, &url, "refs/heads/main", push_file(fixture, "main", "a", "1"), "run1");
	for (size_t i = 0; i < COUNT_OF(commits); i++) {
		struct error error = ERROR_INIT;
		assert_false(workspace_make(fetched.mirror,
		                            arena_printf(&fixture->arena, "%s/w%zu", fixture->folder, i), &url,
		                            STR("refs/heads/main"), str_from(commits[i]), NULL, &error));
		assert_contains(error.message, "find the commit");
	}
}

#define WORKSPACE_TEST(function) cmocka_unit_test_setup_teardown(function, git_fixture_setup, git_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSPACE_TEST(test_like_git),
		WORKSPACE_TEST(test_history),
		WORKSPACE_TEST(test_status_is_right),
		WORKSPACE_TEST(test_branches),
		WORKSPACE_TEST(test_tags),
		WORKSPACE_TEST(test_other_refs),
		WORKSPACE_TEST(test_copied),
		WORKSPACE_TEST(test_loose),
		WORKSPACE_TEST(test_large),
		WORKSPACE_TEST(test_many_packs),
		WORKSPACE_TEST(test_mask),
		WORKSPACE_TEST(test_path_is_taken),
		WORKSPACE_TEST(test_full_disk),
		WORKSPACE_TEST(test_damaged_mirror),
		WORKSPACE_TEST(test_changed_object),
		WORKSPACE_TEST(test_unknown_commit),
	};
	return cmocka_run_group_tests_name("workspace", tests, git_group_setup, git_group_teardown);
}
