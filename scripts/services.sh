#!/usr/bin/env bash
# A private PostgreSQL and a private Redis for the tests.
#
#   scripts/services.sh run CMD…      CMD with both up; they stop with it, its exit code is kept
#   eval "$(scripts/services.sh start)"   both stay up, the variables below are in this shell
#   scripts/services.sh stop [DIR]    stops what that `start` started (DIR: $TUANQIAO_SERVICES_DIR)
#   scripts/services.sh install       only makes sure that both programs are there
#
# CMD sees TUANQIAO_TEST_POSTGRES_URL and TUANQIAO_TEST_REDIS_URL. When both are set already,
# `run` uses those servers and starts none.
#
# Both servers get a free port on 127.0.0.1 and a temporary folder, so several runs live side by
# side and a PostgreSQL or Redis of the machine goes on unharmed. PostgreSQL refuses root, so for
# root both run as an unprivileged user. A missing program is installed with apt-get where that
# is possible without a question (Debian then also sets up its own, unused server on the usual
# port), and else unpacked into a private folder, which needs no right at all; where even that
# fails the script says what to install and stops. It never skips one.
#
# PostgreSQL flushes as in production (fsync and synchronous_commit on): a test that kills a
# process may rely on it. Faster than production are only: no checkpoint in the middle of a run,
# no replication, no JIT. Redis writes its append-only file once a second and never evicts.
set -euo pipefail

readonly OLDEST_POSTGRES=13
readonly START_SECONDS=60
readonly STOP_SECONDS=20
# Where programs are unpacked for a user who may not install any.
UNPACKED=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target/services
readonly UNPACKED

say() { printf 'services: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" -eq 0 ]; }

# --- Finding and installing -------------------------------------------------------------------

# The folder of the newest usable PostgreSQL. Debian keeps it off PATH, one folder per version.
find_postgres() {
    local bin major
    while read -r bin; do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] || continue
        major=$("$bin/postgres" --version | sed -E 's/^[^0-9]*([0-9]+).*/\1/')
        if [ "${major:-0}" -ge "$OLDEST_POSTGRES" ]; then
            printf '%s\n' "$bin"
            return 0
        fi
    done < <(
        ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin "$UNPACKED"/root/usr/lib/postgresql/*/bin 2>/dev/null | sort -rV
        dirname "$(command -v initdb || echo /nowhere/initdb)"
    )
    return 1
}

# Redis, or Valkey where a distribution ships that in its place.
find_redis() {
    local name
    for name in redis-server valkey-server; do
        if "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

find_both() {
    PG_BIN=$(find_postgres) || PG_BIN=
    REDIS=$(find_redis) || REDIS=
    [ -n "$PG_BIN" ] && [ -n "$REDIS" ]
}

# For a user without root: the packages and all that they need and the machine lacks, unpacked into
# a folder of ours. None of their scripts is run, nothing outside the folder is changed.
unpack_privately() {
    command -v dpkg >/dev/null || return 1
    local apt=(apt-get -q -o Dir::State="$UNPACKED/state" -o Dir::Cache="$UNPACKED/cache"
        -o Dir::State::status=/var/lib/dpkg/status -o Debug::NoLocking=1) names package
    say "unpacking ${missing[*]} into $UNPACKED (once, a minute or two)"
    mkdir -p "$UNPACKED"/{state/lists/partial,cache/archives/partial,packages,root} || return 1
    {
        "${apt[@]}" update &&
            names=$("${apt[@]}" -s install --no-install-recommends "${missing[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p') &&
            (cd "$UNPACKED/packages" && "${apt[@]}" download $names) || return 1
        for package in "$UNPACKED"/packages/*.deb; do dpkg -x "$package" "$UNPACKED/root" || return 1; done
    } >&2
    rm -rf "${UNPACKED:?}"/{state,cache,packages}
    use_unpacked
    find_both
}

# Lets unpacked programs find each other and their libraries.
use_unpacked() {
    [ -d "$UNPACKED/root" ] || return 0
    local folders
    folders=$(find "$UNPACKED/root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
    export PATH="$PATH:$UNPACKED/root/usr/bin"
    export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folders"
}

ensure_installed() {
    export PATH="$PATH:/usr/sbin:/usr/local/sbin"
    find_both && return 0
    use_unpacked
    find_both && return 0
    local missing=() as_admin=()
    [ -n "$PG_BIN" ] || missing+=(postgresql)
    [ -n "$REDIS" ] || missing+=(redis-server)
    if ! command -v apt-get >/dev/null; then
        die "not found: ${missing[*]}. Install PostgreSQL $OLDEST_POSTGRES or newer and Redis with this system's package manager, then try again."
    fi
    if ! is_root; then
        if ! sudo -n true 2>/dev/null; then
            unpack_privately && return 0
            die "not found: ${missing[*]}. Run this once, then try again:
    sudo apt-get install -y ${missing[*]}"
        fi
        as_admin=(sudo -n)
    fi
    say "installing ${missing[*]} with apt-get (once, a minute or two)"
    # A system service that will not start (no init in a container) fails the package, not us:
    # what counts is whether the programs are there afterwards.
    {
        ${as_admin[@]+"${as_admin[@]}"} apt-get update -q &&
            ${as_admin[@]+"${as_admin[@]}"} env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends "${missing[@]}"
    } >&2 || say "apt-get reported an error, see above"
    find_both || die "still not found: ${missing[*]}. Mend the error above, or run:
    ${as_admin[*]:+sudo }apt-get install -y ${missing[*]}"
}

# --- Processes --------------------------------------------------------------------------------

# Runs "$@" as user $1: itself when that is us, else by dropping all privileges of root.
as_user() {
    local user=$1
    shift
    if is_root; then
        exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups --no-new-privs "$@"
    fi
    exec "$@"
}

# The user a server runs as when we are root: its own if the package made one.
unprivileged_user() {
    if ! is_root; then
        id -un 2>/dev/null || id -u
    elif id "$1" >/dev/null 2>&1; then
        echo "$1"
    else
        echo nobody
    fi
}

# When process $1 started: with its id it names one process for good, so that `stop` never hits
# a stranger to whom the system gave an old id.
birth_of() {
    if [ -r "/proc/$1/stat" ]; then
        sed -E 's/^.*\) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
    else
        ps -o lstart= -p "$1" 2>/dev/null || true
    fi
}

is_running() { [ -n "$2" ] && [ "$(birth_of "$1")" = "$2" ]; }

# Starts "$@" in the background, output into $log, and remembers it in $pid_file. In its own
# session, so that Ctrl-C ends the tests first; with `run` the kernel ends it if we are killed.
launch() {
    local pid_file=$1 log=$2 user=$3 death_signal=$4
    shift 4
    local wrap=()
    command -v setsid >/dev/null && wrap+=(setsid)
    (
        cd "$(dirname "$log")"
        if command -v setpriv >/dev/null && [ "$LIFETIME" = run ]; then
            as_user "$user" ${wrap[@]+"${wrap[@]}"} setpriv --pdeathsig "$death_signal" "$@"
        else
            as_user "$user" ${wrap[@]+"${wrap[@]}"} "$@"
        fi
    ) </dev/null >>"$log" 2>&1 &
    local pid=$!
    echo "$pid $(birth_of "$pid")" >"$pid_file"
}

# Stops the process remembered in $1: signal $2 first, $3 if it is deaf to that.
stop_one() {
    local pid birth tenths=0
    [ -f "$1" ] && read -r pid birth <"$1" || return 0
    is_running "$pid" "$birth" || return 0
    kill -s "$2" "$pid" 2>/dev/null || true
    while is_running "$pid" "$birth"; do
        if [ "$tenths" -eq $((STOP_SECONDS * 10)) ]; then
            kill -s "$3" "$pid" 2>/dev/null || true
        elif [ "$tenths" -gt $((STOP_SECONDS * 20)) ]; then
            say "process $pid does not end"
            return 1
        fi
        tenths=$((tenths + 1))
        sleep 0.1
    done
}

# Waits until "$@" succeeds; fails as soon as the process of pid file $1 is gone.
wait_ready() {
    local pid birth tenths=0
    read -r pid birth <"$1"
    shift
    until "$@"; do
        is_running "$pid" "$birth" || return 1
        [ "$tenths" -lt $((START_SECONDS * 10)) ] || return 1
        tenths=$((tenths + 1))
        sleep 0.1
    done
}

# A port nobody answers on, below the range the system hands to outgoing connections. Another
# process may still take it first; then the server fails to bind and the caller tries again.
free_port() {
    local port
    while :; do
        port=$((15000 + RANDOM % 17000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# --- The two servers --------------------------------------------------------------------------

make_folder() {
    mkdir -p "$1"
    chmod 700 "$1"
    if is_root; then chown "$2:$(id -g "$2")" "$1"; fi
}

start_postgres() {
    local user dir=$DIR/postgres locale=C password port
    user=$(unprivileged_user postgres)
    make_folder "$dir" "$user"
    # Chinese text search needs a UTF-8 character type; plain C knows ASCII letters only.
    if locale -a 2>/dev/null | grep -qix 'c\.utf-\?8'; then locale=C.UTF-8; fi
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s' "$password" | (umask 077 && cat >"$dir/password")
    if is_root; then chown "$user" "$dir/password"; fi
    (
        cd "$dir"
        as_user "$user" "$PG_BIN/initdb" --pgdata="$dir/data" --username=tuanqiao --pwfile="$dir/password" \
            --auth=password --encoding=UTF8 --locale="$locale" --no-sync
    ) >"$DIR/initdb.log" 2>&1 || { cat "$DIR/initdb.log" >&2; die "initdb failed, see above"; }

    local tries
    for tries in 1 2 3 4 5; do
        port=$(free_port)
        launch "$DIR/postgres.pid" "$DIR/postgres.log" "$user" INT \
            "$PG_BIN/postgres" -D "$dir/data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=400 \
            -c shared_buffers=128MB -c fsync=on -c synchronous_commit=on \
            -c max_wal_size=2GB -c checkpoint_timeout=30min -c wal_level=minimal -c max_wal_senders=0 -c jit=off \
            -c log_min_messages=warning -c log_min_error_statement=panic
        if wait_ready "$DIR/postgres.pid" postgres_is_ready; then
            POSTGRES_URL="postgres://tuanqiao:$password@127.0.0.1:$port/postgres"
            return 0
        fi
        stop_one "$DIR/postgres.pid" INT QUIT
    done
    tail -n 20 "$DIR/postgres.log" >&2
    die "PostgreSQL does not start ($tries tries), see above"
}

# PostgreSQL writes its own state into the eighth line of its pid file.
postgres_is_ready() { sed -n 8p "$DIR/postgres/data/postmaster.pid" 2>/dev/null | grep -q ready; }

start_redis() {
    local user dir=$DIR/redis port tries
    user=$(unprivileged_user redis)
    make_folder "$dir" "$user"
    for tries in 1 2 3 4 5; do
        port=$(free_port)
        : >"$DIR/redis.log"
        launch "$DIR/redis.pid" "$DIR/redis.log" "$user" TERM \
            "$REDIS" --port "$port" --bind 127.0.0.1 --dir "$dir" --daemonize no \
            --appendonly yes --appendfsync everysec --save "" --maxmemory-policy noeviction --maxclients 1000
        if wait_ready "$DIR/redis.pid" grep -q 'Ready to accept connections' "$DIR/redis.log"; then
            REDIS_URL="redis://127.0.0.1:$port"
            return 0
        fi
        stop_one "$DIR/redis.pid" TERM KILL
    done
    tail -n 20 "$DIR/redis.log" >&2
    die "Redis does not start ($tries tries), see above"
}

# --- Commands ---------------------------------------------------------------------------------

# A new folder that the unprivileged users can reach, even if TMPDIR lies inside a private one.
make_dir() {
    DIR=$(mktemp -d "${TMPDIR:-/tmp}/tuanqiao-services.XXXXXX")
    is_root || return 0
    chmod 711 "$DIR"
    if ! (as_user nobody test -x "$DIR") 2>/dev/null; then
        rmdir "$DIR"
        DIR=$(mktemp -d /tmp/tuanqiao-services.XXXXXX)
        chmod 711 "$DIR"
    fi
}

start_both() {
    LIFETIME=$1
    ensure_installed
    if is_root && ! command -v setpriv >/dev/null; then
        die "root cannot run PostgreSQL and setpriv is missing: install util-linux, or run as another user."
    fi
    make_dir
    trap stop_both EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    start_postgres
    start_redis
    say "$("$PG_BIN/postgres" --version) and $("$REDIS" --version | sed -E 's/^(.*) v=([^ ]*).*/Redis \2/') are up, in $DIR"
}

stop_both() {
    local clean=yes
    stop_one "$DIR/redis.pid" TERM KILL || clean=no
    stop_one "$DIR/postgres.pid" INT QUIT || clean=no
    if [ "$clean" = yes ]; then rm -rf "$DIR"; fi
}

run() {
    [ $# -gt 0 ] || die "run needs a command"
    if [ -n "${TUANQIAO_TEST_POSTGRES_URL:-}" ] && [ -n "${TUANQIAO_TEST_REDIS_URL:-}" ]; then
        say "using the servers that TUANQIAO_TEST_POSTGRES_URL and TUANQIAO_TEST_REDIS_URL name"
        exec "$@"
    fi
    start_both run
    local code=0
    TUANQIAO_TEST_POSTGRES_URL=$POSTGRES_URL TUANQIAO_TEST_REDIS_URL=$REDIS_URL "$@" || code=$?
    exit "$code"
}

start() {
    start_both detached
    trap - EXIT
    printf 'export TUANQIAO_TEST_POSTGRES_URL=%q TUANQIAO_TEST_REDIS_URL=%q TUANQIAO_SERVICES_DIR=%q\n' \
        "$POSTGRES_URL" "$REDIS_URL" "$DIR"
}

stop() {
    DIR=${1:-${TUANQIAO_SERVICES_DIR:-}}
    [ -n "$DIR" ] || die "stop needs the folder that start named (TUANQIAO_SERVICES_DIR)"
    case $DIR in
    */tuanqiao-services.??????) ;;
    *) die "$DIR is not a folder of this script" ;;
    esac
    [ -d "$DIR" ] || die "$DIR is gone: nothing to stop"
    stop_both
}

case ${1:-} in
install) ensure_installed ;;
run) shift; run "$@" ;;
start) start ;;
stop) shift; stop "$@" ;;
*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$0" >&2; exit 2 ;;
esac
