#!/bin/sh
# run.sh SOURCE WORK: compiles and tests the client in Go in the folder WORK,
# which has the shape of the tree SOURCE. Exits with 77, and a word on why, where
# Go is not installed or its module proxy cannot be reached.
set -eu
source=$1
work=$2

skip() {
  echo "skipped: $*"
  exit 77
}

command -v go >/dev/null || skip "Go is not installed"
needed=$(sed -n 's/^go //p' "$source/client/go/go.mod")
found=$(GOTOOLCHAIN=local go env GOVERSION)
found=${found#go}
[ "$(printf '%s\n' "$needed" "$found" | sort -V | head -n 1)" = "$needed" ] ||
  skip "Go $found is too old, $needed is needed"

mkdir -p "$work/client/go"
ln -sfn "$source/proto" "$work/proto"
ln -sfn "$source/client/pong" "$work/client/pong"
cd "$work/client/go"
rm -rf ./*.go spiked
cp "$source"/client/go/*.go "$source"/client/go/go.* "$source"/client/go/generate.sh \
  "$source"/tests/client/go/*.go .

# Caches of its own, which can be removed like any other folder.
export GOMODCACHE="$work/go-mod" GOCACHE="$work/go-build" GOTOOLCHAIN=local
export GOFLAGS="-modcacherw ${GOFLAGS:-}"
status=0
timeout -k 5 100 go mod download >go.log 2>&1 || status=$?
if [ "$status" -ge 124 ] || grep -Eq 'dial tcp|50[0-9] |no such host|i/o timeout|connection (refused|reset)|network is unreachable|module lookup disabled' go.log; then
  skip "Go's module proxy cannot be reached"
fi
[ "$status" -eq 0 ] || { cat go.log; exit 1; }
badly=$(gofmt -l ./*.go)
[ -z "$badly" ] || { echo "gofmt would change $badly"; exit 1; }
./generate.sh
go vet .
go test -count=1 -v .
