#!/bin/sh
# Installs the Debian packages that are missing, by purpose: build, run, test, bench, fuzz (build is part of each).
#
#     scripts/install-packages.sh [build|run|test|bench|fuzz]...
#
# Does nothing where nothing is missing. While it installs, a policy-rc.d of 101 keeps Debian from starting services; one
# that is there already is kept aside and put back, also after a signal. Exit status 1 where something stays missing.
set -eu

policy=/usr/sbin/policy-rc.d
kept=$policy.kept-by-pocketci
PATH=$PATH:/usr/sbin:/sbin # where Debian has nginx and apache2; not on everybody's PATH

# purpose, how to tell that it is there (a command from anywhere, a Debian package, a library), the package, the reason
needs() {
	cat <<-'END'
		build command:gcc gcc compiles it
		build command:make make builds it
		build command:pkg-config pkg-config finds the libraries
		build library:fcgi libfcgi-dev FastCGI, how the web server reaches it
		build library:libgit2 libgit2-dev checks out commits
		build library:yaml-0.1 libyaml-dev reads hooks.yaml and pocketci.yaml
		build library:json-c libjson-c-dev reads payloads
		build library:libcrypto libssl-dev checks signatures
		build library:expat libexpat1-dev reads XML payloads
		build library:libpcre2-8 libpcre2-dev regular expressions in rules
		run command:nginx nginx-light the web server of the demonstration
		run command:curl curl sends the push
		run command:openssl openssl signs the push
		run command:git git makes the demonstration's repository
		test library:cmocka libcmocka-dev unit tests
		test command:nginx nginx end-to-end tests
		test package:apache2 apache2 end-to-end tests
		test package:libapache2-mod-fcgid libapache2-mod-fcgid end-to-end tests with mod_fcgid
		test command:spawn-fcgi spawn-fcgi end-to-end tests of a socket that is handed over
		test command:bwrap bubblewrap end-to-end tests in a file system of their own
		test package:python3-pytest python3-pytest runs the end-to-end tests
		test package:python3-jsonschema python3-jsonschema checks the schema of hooks.yaml
		test package:python3-yaml python3-yaml checks the schema of hooks.yaml
		test command:git git serves repositories to the tests
		test command:curl curl end-to-end tests
		test command:openssl openssl certificates for the end-to-end tests
		test command:mandoc mandoc checks the manual pages
		test command:node nodejs real payloads of @octokit/webhooks-examples
		test command:npm npm fetches them
		test command:webhook webhook 2.8.0, what the differential test compares with
		bench command:webhook webhook what it is compared with
		bench command:wrk wrk makes requests
		bench command:nginx nginx in front of what is measured
		bench package:apache2 apache2 runs it as CGI
		bench command:fcgiwrap fcgiwrap what FastCGI is compared with
		bench command:git git serves repositories to the measurements
		fuzz command:clang clang compiles the fuzz targets
		fuzz package:libclang-rt-dev libclang-rt-dev libFuzzer, which runs them
		fuzz command:llvm-cov llvm counts the lines that they reach
	END
}

is_debian() {
	command -v dpkg-query >/dev/null
}

# Whether "command:NAME", "package:NAME" or "library:NAME" (of this package) is there.
is_there() {
	name=${1#*:}
	case $1 in
	command:*) command -v "$name" >/dev/null ;;
	library:*) if is_debian; then is_installed "$2"; else pkg-config --exists "$name" 2>/dev/null; fi ;;
	package:*) ! is_debian || is_installed "$2" ;; # elsewhere nobody can tell: the tests will
	esac
}

is_installed() {
	case "$installed" in
	*" $1 "*) true ;;
	*) false ;;
	esac
}

# Debian 12's libfcgi before 2.4.2-2+deb12u1 has a heap overflow that a web server's parameters reach.
fcgi_is_old() {
	is_debian && is_installed libfcgi0ldbl && grep -q '^VERSION_ID="12"' /etc/os-release 2>/dev/null &&
		dpkg --compare-versions "$(dpkg-query -W -f '${Version}' libfcgi0ldbl)" lt '2.4.2-2+deb12u1'
}

# Sets missing (package names) and reasons (lines to print).
find_missing() {
	installed=''
	missing='' reasons=''
	if is_debian; then
		# shellcheck disable=SC2046
		installed=" $(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(needs | cut -d' ' -f3 | sort -u) libfcgi0ldbl \
			2>/dev/null | sed -n 's/^installed //p' | tr '\n' ' ') "
	fi
	while read -r purpose there package reason; do
		case " $purposes " in *" $purpose "*) ;; *) continue ;; esac
		case " $missing " in *" $package "*) continue ;; esac
		is_there "$there" "$package" && continue
		missing="$missing $package"
		reasons="$reasons$(printf '    %-22s %s' "$package" "$reason")
"
	done <<-END
		$(needs)
	END
	case " $missing " in *" nginx-light "*" nginx "*)
		missing=$(echo " $missing " | sed 's/ nginx-light / /') ;;
	esac
	if fcgi_is_old; then
		missing="$missing libfcgi-dev libfcgi0ldbl"
		reasons="$reasons$(printf '    %-22s %s' libfcgi0ldbl '2.4.2-2+deb12u1 or later: CVE-2025-23016')
"
	fi
}

by_hand() {
	echo "$1" >&2
	echo "Install by hand, under Debian as root:" >&2
	echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
	exit 1
}

# --- The part that runs as root --------------------------------------------------------------------------------------

restore_policy() {
	trap '' INT TERM HUP
	if [ -e "$kept" ] || [ -L "$kept" ]; then
		mv -f "$kept" "$policy"
	else
		rm -f "$policy"
	fi
}

# Nothing that is installed starts a service until restore_policy.
refuse_services() {
	# What a run that was killed kept aside is the real one; the one in place is then ours.
	if [ ! -e "$kept" ] && [ ! -L "$kept" ] && { [ -e "$policy" ] || [ -L "$policy" ]; }; then
		mv "$policy" "$kept"
	fi
	trap restore_policy EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	rm -f "$policy"
	printf '#!/bin/sh\n# pocketci installs packages: no service starts meanwhile.\nexit 101\n' >"$policy"
	chmod 755 "$policy"
}

install_packages() {
	refuse_services
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q -o DPkg::Lock::Timeout=300 update || echo "The package lists could not be fetched; trying with the old ones." >&2
	apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"
}

if [ "${1:-}" = --as-root ]; then
	shift
	install_packages "$@"
	exit
fi

# --- The part that anybody runs --------------------------------------------------------------------------------------

purposes=build
for purpose in "${@:-build}"; do
	case $purpose in
	build) ;;
	run | test | fuzz) purposes="$purposes $purpose" ;;
	bench) purposes="$purposes run bench" ;;
	*)
		echo "usage: scripts/install-packages.sh [build|run|test|bench|fuzz]..." >&2
		exit 2
		;;
	esac
done

find_missing
[ -n "$missing" ] || exit 0

printf 'Missing:\n%s' "$reasons"
command -v apt-get >/dev/null || by_hand "There is no apt-get here."
if [ "$(id -u)" -eq 0 ]; then
	sudo=
elif command -v sudo >/dev/null; then
	sudo=sudo
else
	by_hand "Installing takes root, and there is no sudo here."
fi

echo "Installing them with ${sudo:+sudo }apt-get; no service is started meanwhile. (Where nginx or apache2 is among them, Debian"
echo "starts it at the next boot; \`systemctl disable nginx apache2\` prevents that.)"
# shellcheck disable=SC2086
$sudo "$0" --as-root $missing || by_hand "apt-get could not install them."

wanted=$missing
find_missing
[ -z "$missing" ] || by_hand "Still missing after apt-get installed$wanted:"
