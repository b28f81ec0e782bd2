#!/bin/sh
# Builds the image and tries it: ./dev container-test. Or docker/test.sh IMAGE: tries
# one that is there.
#
# Without a Docker engine: Debian's buildah builds, podman runs. The containers
# share a network of their own that leads nowhere, so nothing on this machine can
# be in their way. Plain POSIX shell.
set -eu
cd "$(dirname "$0")/.."

image=${1:-localhost/spiked-test}
base=docker.io/library/debian:bookworm-slim
most_bytes=120000000
# Health is asked for here when it is wanted, not by timers of systemd, which a
# machine may lack.
export DISABLE_HC_SYSTEMD=true

say() { printf '%s\n' "container-test: $*"; }
fail() {
  say "FAILED: $*"
  exit 1
}

# is WHAT ACTUAL EXPECTED
is() {
  [ "$2" = "$3" ] || fail "$1 is '$2', not '$3'"
  say "$1: $2"
}

[ "$(id -u)" -eq 0 ] || fail "building and running containers this way takes root: sudo $0"

scratch=$(mktemp -d)
# What the server keeps, and its certificate.
data=$scratch/data
mkdir -m 0700 "$data"
chown 10001:10001 "$data"
# By which callers are known; both sides take it from their environment.
token=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
secret=$scratch/token
printf '%s\n' "$token" >"$secret"
server=
pong=
cleanup() {
  for container in $pong $server; do podman rm --force "$container" >/dev/null 2>&1 || :; done
  rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# The base image from its registry; or, where that is out of reach, the same from
# Debian's packages, without what the slim image leaves out.
make_base() {
  ! podman image exists "$base" || return 0
  say "fetching $base"
  ! podman pull --quiet "$base" >/dev/null 2>&1 || return 0
  say "the registry is out of reach; making $base with debootstrap"
  debootstrap --variant=minbase bookworm "$scratch/base" >"$scratch/log" 2>&1 || {
    cat "$scratch/log"
    fail "debootstrap"
  }
  tar -C "$scratch/base" --exclude './usr/share/doc/*' --exclude './usr/share/info/*' \
    --exclude './usr/share/locale/*' --exclude './usr/share/man/*' \
    --exclude './var/cache/apt/archives/*.deb' --exclude './var/lib/apt/lists/*' -c . |
    podman import --quiet - "$base" >/dev/null
  rm -rf "$scratch/base"
}

# run OPTIONS...: a container that may do as little as the image promises to need. No
# folder of it can be written.
run() {
  podman --runtime runc --cgroup-manager cgroupfs run \
    --ulimit nofile=20000:20000 --ulimit nproc=20000:20000 \
    --read-only --read-only-tmpfs=false --cap-drop all --security-opt no-new-privileges "$@"
}

# start NAME OPTIONS...: such a container that goes on; its id in the variable NAME.
start() {
  name=$1
  shift
  id=$(run --detach "$@")
  eval "$name=\$id"
}

# property FORMAT: of the image.
property() { podman image inspect --format "$1" "$image"; }

if [ $# -eq 0 ]; then
  make_base
  say "building the image; the first time takes minutes"
  buildah bud --isolation chroot --network host --pull-never --format docker --layers \
    --file docker/Dockerfile --tag "$image" . >"$scratch/log" 2>&1 || {
    tail -n 40 "$scratch/log"
    fail "the image cannot be built"
  }
fi

size=$(property '{{.Size}}')
[ "$size" -lt "$most_bytes" ] || fail "the image has $size bytes, more than $most_bytes"
say "size: $((size / 1000000)) MB"
is "user of the image" "$(property '{{.Config.User}}')" 10001:10001

! run --rm --network none "$image" 2>"$scratch/log" || fail "a server without a token listens over TCP"
grep -q SPIKED_OWNER_TOKEN "$scratch/log" || fail "the server does not say that it needs a token"

# well: asks the server whether it is, over TLS.
well() { podman exec "$server" spiked --health localhost:50051 --tls-ca /data/tls/ca.pem; }

# healthy COMMAND...: waits until it says so.
healthy() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || {
      podman logs "$server"
      fail "the server does not become healthy"
    }
    sleep 0.1
  done
}

# http PORT PATH: what the server answers there, headers first.
http() {
  podman exec "$server" bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$0"
    printf "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n" "$1" "$0" >&3
    cat <&3' "$1" "$2" | tr -d '\r'
}

# What the image's own health check asks is a server without TLS.
start server --network none --env SPIKED_OWNER_TOKEN="$token" "$image" --web 127.0.0.1:8080
healthy podman healthcheck run "$server"
for file in / /spiked.js /spiked.css; do
  is "page: $file" "$(http 8080 "$file" | head -n 1)" "HTTP/1.1 200 OK"
done
http 8080 / | grep -q '<title>spiked</title>' || fail "that is not the page"
! podman exec "$server" spiked --health 127.0.0.1:1 2>/dev/null ||
  fail "a server that is not there is healthy"
podman stop --time 20 "$server" >/dev/null
is "exit code of a server without TLS" "$(podman wait "$server")" 0
podman rm "$server" >/dev/null

start server --network none --volume "$data:/data" --entrypoint spikectl "$image" \
  tls init --folder /data/tls --host localhost,127.0.0.1
is "exit code of tls init" "$(podman wait "$server")" 0
podman rm "$server" >/dev/null

# serve: a server with TLS that keeps its sessions, in 512 MB.
serve() {
  start server --network none --cpus 1 --memory 512m --memory-swap 512m --volume "$data:/data" \
    --env SPIKED_OWNER_TOKEN_FILE=/run/secrets/token --volume "$secret:/run/secrets/token:ro" \
    "$image" --data-dir /data/sessions \
    --tls-certificate /data/tls/server.pem --tls-key /data/tls/server.key
  healthy well
}
serve
say "health: $(well)"

limits=$(podman logs "$server" 2>&1 | sed -n 's/.*workers: /workers: /p')
is "limits of the server" "$limits" "workers: 1, memory of sessions: 256 MiB"

status() { podman exec "$server" sed -n "s/^$1:[[:space:]]*//p" /proc/1/status; }
is "program" "$(status Name)" spiked
is "user ids" "$(status Uid | tr '\t' ' ')" "10001 10001 10001 10001"
is "capabilities" "$(status CapEff)" 0000000000000000
is "files and folders that even root can write" \
  "$(podman exec --user 0 "$server" find / \( -path /data -o -path /dev -o -path /proc -o -path /sys \) -prune -o \
    -writable \( -type d -o -type f \) -print)" ""

# play POLLS: a container that plays over TLS, in the server's network.
play() {
  start pong --network "container:$server" --env SPIKED_TOKEN="$token" \
    --env SPIKED_TLS_CA=/data/tls/ca.pem --volume "$data:/data:ro" \
    --entrypoint spiked-pong "$image" --server localhost:50051 --players rn,r --seed 1 --polls "$1" --record /dev/stdout --plain
}

# ends WHAT CONTAINER CODE: it ends with this exit code, and goes.
ends() {
  is "exit code of $1" "$(podman wait "$2")" "$3"
  podman rm "$2" >/dev/null
}

# playing: waits until pong has recorded a poll.
playing() {
  until [ -n "$(podman logs --tail 1 "$pong" 2>/dev/null)" ]; do
    [ "$(podman inspect --format '{{.State.Running}}' "$pong")" = true ] || fail "pong does not play"
    sleep 0.1
  done
}

say "pong plays 200 polls"
play 200
podman wait "$pong" >/dev/null
podman logs "$pong" 2>/dev/null >"$scratch/record"
is "polls in its record" "$(grep -c '^{"poll":' "$scratch/record")" 200
ends pong "$pong" 0

# control COMMAND...: spikectl, in the server's container.
control() {
  podman exec --env SPIKED_TOKEN="$token" "$server" spikectl "$@" --server localhost:50051 \
    --tls-ca /data/tls/ca.pem
}

# metric NAME: its value.
metric() { http 9464 /metrics | awk -v name="$1" '$1 == name { print $2 }'; }

is "health by spikectl" "$(control health)" SERVING
steps=$(metric 'spiked_commands_total{command="Step",code="OK"}')
[ "${steps:-0}" -ge 200 ] || fail "the metrics tell of '$steps' steps"
say "metrics: $steps steps"
is "metrics: memory that sessions may take" "$(metric spiked_memory_limit_bytes)" 268435456

say "pong gets SIGTERM in the midst of a match"
play 10000000
playing
podman stop --time 20 "$pong" >/dev/null
ends pong "$pong" 0

say "the server gets SIGTERM in the midst of a match"
play 10000000
playing
podman stop --time 20 "$server" >/dev/null
podman logs "$server" >"$scratch/log" 2>&1
cat "$scratch/log"
grep -q 'stopped$' "$scratch/log" || fail "the server did not stop in order"
ends pong "$pong" 1
pong=
ends "the server" "$server" 0

say "the server is started again"
serve
control sessions list | tee "$scratch/log"
[ "$(grep -c ' owner ' "$scratch/log")" -ge 1 ] || fail "the match's session is not back"
podman stop --time 20 "$server" >/dev/null
ends "the server" "$server" 0

say "forty large matches in 512 MB: some fail, not the server"
start server --network none --cpus 1 --memory 512m --memory-swap 512m \
  --env SPIKED_OWNER_TOKEN="$token" "$image"
healthy podman healthcheck run "$server"
start pong --network "container:$server" --env SPIKED_TOKEN="$token" --entrypoint sh "$image" \
  -c 'for k in $(seq 40); do spiked-pong --server 127.0.0.1:50051 --players d,d \
        --num-neurons 400 --polls 1000000 --plain & done; wait'
tries=0
until podman logs "$pong" 2>&1 | grep -m 1 'bytes of memory'; do
  tries=$((tries + 1))
  [ "$tries" -lt 600 ] || fail "all of them fit"
  sleep 0.2
done
is "killed for want of memory" "$(podman inspect --format '{{.State.OOMKilled}}' "$server")" false
podman healthcheck run "$server" >/dev/null || fail "the server is not well any more"
podman rm --force "$pong" >/dev/null
pong=
podman stop --time 20 "$server" >/dev/null
ends "the server" "$server" 0
server=
say "passed"
