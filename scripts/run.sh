#!/bin/sh
# `make run`: serves pocketci behind a real nginx on loopback, pushes a sample to it and shows what came back. Serves on
# until it is interrupted; with ONCE=1 it ends after the push. The exit status is 0 only where the output was right.
# Everything it makes is in build/demo and is removed at the end.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root" # what it says is relative to here
build=${BUILD:-$root/build/release}
case $build in /*) ;; *) build=$root/$build ;; esac
port=${PORT:-8080}
case $port in *[!0-9]* | ??????*) echo "run: PORT=$port is not a port" >&2 && exit 2 ;; esac
demo=$root/build/demo
secret=itsasecret
demo_is_ours=
is_serving=
failure=
logs_tell=
nginx_pid=
responder_pid=
log_pid=

say() { printf '%s\n' "$*"; }

end_process() {
	[ -n "$1" ] || return 0
	kill "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true
}

show_logs() {
	for log in "$demo"/*.log; do
		[ -s "$log" ] && { say "--- ${log##*/}" && tail -n 20 "$log"; }
	done
}

finish() {
	status=$?
	trap - EXIT
	trap '' INT TERM HUP PIPE # what follows is short, and leaves nothing behind
	end_process "$log_pid"
	end_process "$nginx_pid"
	end_process "$responder_pid"
	[ "$status" -eq 0 ] || [ -z "$logs_tell" ] || show_logs
	[ -z "$demo_is_ours" ] || rm -rf "$demo"
	[ -z "$failure" ] || say "run: $failure" >&2
	exit "$status"
}

# Who serves until interrupted has done its work then.
interrupt() {
	logs_tell=
	[ -z "$is_serving" ] || exit 0
	exit "$1"
}
trap finish EXIT
trap 'interrupt 130' INT
trap 'interrupt 143' TERM HUP
trap 'interrupt 141' PIPE

# Ends with this sentence; what went wrong once the demo was begun is in its logs, too.
fail() {
	failure=$*
	exit 1
}

# Waits, 10 s at most, until the command given succeeds; false where it does not, or the process ends before.
wait_for() {
	pid=$1
	shift
	tries=0
	until "$@" 2>/dev/null; do
		kill -0 "$pid" 2>/dev/null || return 1
		tries=$((tries + 1))
		[ "$tries" -le 200 ] || return 1
		sleep 0.05
	done
}

strange=$(printf %s "$root" | LC_ALL=C tr -d '[:alnum:]/._~+@,=:\200-\377-')
[ -z "$strange" ] || fail "\"$strange\" in $root cannot stand in nginx's configuration and in a URL"

"$root/scripts/install-packages.sh" run
${MAKE:-make} -C "$root" --silent --no-print-directory all

mkdir -p "$root/build"
mkdir "$demo" 2>/dev/null || fail "$demo is there already: another demo runs, or one was killed (then: rm -r $demo)"
demo_is_ours=1 logs_tell=1
mkdir "$demo/state" "$demo/temporary"

# --- a repository with a hook for it ---------------------------------------------------------------------------------
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git_quiet() {
	git -c user.name=Ada -c user.email=ada@example.org "$@" >>"$demo/git.log" 2>&1
}
git_quiet init --quiet -b main "$demo/work"
cat >"$demo/work/Makefile" <<'MAKEFILE'
test:
	@echo "testing $$POCKETCI_REPOSITORY at $$POCKETCI_COMMIT"
	@grep -q 'hello' greeting.txt && echo 'greeting.txt says hello: ok'
MAKEFILE
echo 'hello, world' >"$demo/work/greeting.txt"
git_quiet -C "$demo/work" add -A
git_quiet -C "$demo/work" commit --quiet -m 'Say hello'
git_quiet clone --quiet --bare "$demo/work" "$demo/app.git"
commit=$(git -C "$demo/work" rev-parse HEAD)

cat >"$demo/hooks.yaml" <<HOOKS
- id: test
  execute-command: make
  pass-arguments-to-command:
  - {source: string, name: "--silent"}
  - {source: string, name: test}
  checkout: true
  stream-command-output: true
  trigger-rule:
    match: {type: payload-hmac-sha256, secret: $secret, parameter: {source: header, name: X-Hub-Signature-256}}
HOOKS
cat >"$demo/pocketci.yaml" <<CONFIG
hooks: hooks.yaml
state: state
verbose: true
repositories:
- match: file://$demo/app
CONFIG
chmod 600 "$demo/pocketci.yaml"

# --- the responder and nginx, by the snippet that is shipped ---------------------------------------------------------
cat >"$demo/nginx.conf" <<NGINX
daemon off;
worker_processes 1;
pid $demo/nginx.pid;
error_log $demo/nginx.log warn;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $demo/temporary/body;
	fastcgi_temp_path $demo/temporary/fastcgi;
	proxy_temp_path $demo/temporary/proxy;
	uwsgi_temp_path $demo/temporary/uwsgi;
	scgi_temp_path $demo/temporary/scgi;
	upstream pocketci { server unix:$demo/pocketci.sock; }
	server {
		listen 127.0.0.1:$port;
		location / { include $root/conf/nginx/pocketci.conf; }
	}
}
NGINX
# As root nginx would serve as another user, who may not be able to come here: it stays who we are.
[ "$(id -u)" -ne 0 ] || sed -i '1i user root;' "$demo/nginx.conf"

why_not_nginx() {
	if grep -q 'Address already in use' "$demo/nginx.log"; then
		logs_tell=
		fail "port $port is taken; PORT= chooses another, such as \`make run PORT=8081\`"
	fi
	fail "nginx did not start on port $port"
}

"$build/pocketci.fcgi" -config "$demo/pocketci.yaml" -socket "$demo/pocketci.sock" -logfile "$demo/pocketci.log" &
responder_pid=$!
wait_for "$responder_pid" test -S "$demo/pocketci.sock" || fail 'pocketci.fcgi did not start'
"$(command -v nginx || echo /usr/sbin/nginx)" -e "$demo/nginx.log" -p "$demo" -c "$demo/nginx.conf" 2>/dev/null &
nginx_pid=$!
# It writes its pid file once it listens; whoever else has the port could answer a request.
wait_for "$nginx_pid" test -s "$demo/nginx.pid" || why_not_nginx

# --- the push, as GitHub would send it -------------------------------------------------------------------------------
cat >"$demo/push.json" <<JSON
{
  "ref": "refs/heads/main",
  "before": "0000000000000000000000000000000000000000",
  "after": "$commit",
  "created": true,
  "deleted": false,
  "repository": {"name": "app", "full_name": "acme/app", "clone_url": "file://$demo/app.git"},
  "head_commit": {"id": "$commit", "message": "Say hello"}
}
JSON
signature=sha256=$(openssl dgst -sha256 -hmac "$secret" -r "$demo/push.json" | cut -d ' ' -f 1)
url=http://127.0.0.1:$port/hooks/test
push() {
	curl --noproxy '*' -sS -N -i -X POST "$url" -H 'Content-Type: application/json' -H 'X-GitHub-Event: push' \
		-H 'X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958' -H "X-Hub-Signature-256: $signature" \
		--data-binary "@$demo/push.json"
}
say
say "The hook (${demo#"$root/"}/hooks.yaml):"
sed 's/^/    /' "$demo/hooks.yaml"
say
say 'A signed push, as GitHub sends it:'
say "    POST $url"
say '    X-GitHub-Event: push'
say "    X-Hub-Signature-256: $signature"
sed 's/^/    /' "$demo/push.json"
say
say 'The response:'
push >"$demo/response.txt"
tr -d '\r' <"$demo/response.txt" | sed 's/^/    /'
say

status=$(head -n 1 "$demo/response.txt" | cut -d ' ' -f 2)
[ "$status" = 200 ] || fail "the response has status $status"
grep -q "^testing acme/app at $commit" "$demo/response.txt" || fail "the command did not run at commit $commit"
grep -q '^greeting.txt says hello: ok' "$demo/response.txt" || fail 'the command did not see the files of the commit'

if [ -n "${ONCE:-}" ] && [ "${ONCE:-}" != 0 ]; then
	say "It ran in a checkout of commit $commit: all as it should be."
	exit 0
fi
is_serving=1
say "pocketci serves on http://127.0.0.1:$port/ until you press Ctrl-C. To push again, in another terminal, from here:"
say
say "    curl -N -X POST $url -H 'Content-Type: application/json' -H 'X-GitHub-Event: push' \\"
say "        -H 'X-Hub-Signature-256: $signature' --data-binary @${demo#"$root/"}/push.json"
say
say 'Its log:'
tail -n +1 -f "$demo/pocketci.log" &
log_pid=$!
wait "$responder_pid" || fail 'pocketci.fcgi ended'
