#!/bin/sh
# package_test.sh FOLDER: installs the Debian packages in FOLDER in a fresh Debian, as an
# admin would, runs the server and builds a program with the client library there.
# ./dev package-test makes the packages first. Takes root, podman and Debian's packages.
set -eu
here=$(readlink -f "$(dirname "$0")")
folder=$(readlink -f "$1")
base=docker.io/library/debian:bookworm-slim
podman image exists "$base" || podman pull --quiet "$base" >/dev/null || {
  echo "package-test: there is no $base; docker/test.sh makes it" >&2
  exit 1
}

podman --runtime runc --cgroup-manager cgroupfs run --rm --interactive --network host \
  --ulimit nofile=20000:20000 --ulimit nproc=20000:20000 \
  --volume "$folder:/packages:ro" --volume "$here/../client/cpp/examples:/examples:ro" \
  "$base" sh -eu <<'END'
say() { echo "package-test: $*"; }
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
say "installing"
apt-get install -qq -y --no-install-recommends /packages/*.deb g++ cmake make man-db systemd >/dev/null 2>&1 ||
  apt-get install -y --no-install-recommends /packages/*.deb g++ cmake make man-db systemd
dpkg -l 'spiked*' 'libspiked*' 'python3-spiked' | sed -n 's/^ii  //p'
say "unit: $(systemd-analyze security --offline=true --threshold=30 --no-pager \
  /usr/lib/systemd/system/spiked.service | tail -n 1)"
systemd-analyze verify /usr/lib/systemd/system/spiked.service /usr/lib/systemd/system/spiked.socket
getent passwd spiked
spiked --config /etc/spiked/spiked.toml --check-config
say "running the server as its user"
mkdir -p -m 0700 /var/lib/spiked
chown spiked: /var/lib/spiked
setpriv --reuid spiked --regid spiked --clear-groups env XDG_STATE_HOME=/var/lib \
  spiked --config /etc/spiked/spiked.toml --listen unix:/var/lib/spiked/sock \
  --web 127.0.0.1:0 2>/tmp/log &
server=$!
export SPIKED_SERVER=unix:/var/lib/spiked/sock
tries=0
until spikectl health 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 100 ] || {
    cat /tmp/log
    exit 1
  }
  sleep 0.1
done
spiked-pong --polls 100 --plain | tail -n 1
python3 -c 'import spiked; print("python3-spiked", spiked.__version__)'
say "page: $(python3 -c 'import re
import urllib.request as http
page = re.search("http://.*/", open("/tmp/log").read())[0]
for file in ("", "spiked.js", "spiked.css"):
    print(file or "/", len(http.urlopen(page + file).read()), end=" bytes ")')"
say "building a program with the library"
mkdir /tmp/client
cp /examples/first_session.cc /tmp/client/main.cc
cat >/tmp/client/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(client CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(spiked-client REQUIRED)
add_executable(client main.cc)
target_link_libraries(client PRIVATE spiked::spiked_client)
CMAKE
cmake -S /tmp/client -B /tmp/client/build >/tmp/client/log && cmake --build /tmp/client/build >>/tmp/client/log || {
  cat /tmp/client/log
  exit 1
}
/tmp/client/build/client
kill "$server"
wait "$server"
say "removing"
apt-get purge -qq -y spiked-server spiked-clients libspiked-client-dev python3-spiked >/dev/null
[ ! -e /usr/bin/spiked ] && [ ! -e /etc/spiked ]
say "passed"
END
