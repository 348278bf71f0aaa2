/*
 * Groups first, then the user: the other way round there is no right left to change groups with.
 */
#include "gateway/privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/error.h"

static bool set_groups(const struct passwd *entry, gid_t group)
{
	return entry != NULL ? initgroups(entry->pw_name, group) == 0 : setgroups(1, &group) == 0;
}

/* Commands and git look for their files there, and root's are not theirs. */
static void set_home(const struct passwd *entry)
{
	if (entry == NULL)
		return;
	setenv("HOME", entry->pw_dir, 1);
	setenv("USER", entry->pw_name, 1);
	setenv("LOGNAME", entry->pw_name, 1);
}

bool privileges_drop(int64_t user, int64_t group, struct error *error)
{
	if (user < 0 && group < 0)
		return true;
	if (user < 0 || group < 0)
		return error_set(error, ERROR_INVALID, "-setuid and -setgid must be given together");

	uid_t uid = (uid_t)user;
	gid_t gid = (gid_t)group;
	const struct passwd *entry = getpwuid(uid);
	if (!set_groups(entry, gid) || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return error_set_system(error, errno, "cannot become user %lld and group %lld", (long long)user,
		                        (long long)group);
	if (uid != 0 && setuid(0) == 0)
		return error_set(error, ERROR_SYSTEM, "root could be had back after -setuid; not going on");
	set_home(entry);
	return true;
}
