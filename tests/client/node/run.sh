#!/bin/sh
# run.sh SOURCE WORK: compiles and tests the client in TypeScript in the folder
# WORK, which has the shape of the tree SOURCE. Exits with 77, and a word on why,
# where Node is not installed or npm's registry cannot be reached.
set -eu
source=$1
work=$2

skip() {
  echo "skipped: $*"
  exit 77
}

command -v node >/dev/null && command -v npm >/dev/null || skip "Node and npm are not installed"
version=$(node -p 'process.versions.node.split(".")[0]')
[ "$version" -ge 18 ] || skip "Node $version is too old, 18 is needed"

mkdir -p "$work/client/node"
ln -sfn "$source/proto" "$work/proto"
ln -sfn "$source/client/pong" "$work/client/pong"
cd "$work/client/node"
rm -rf src test dist
cp "$source"/client/node/*.json .
mkdir src test
cp "$source"/client/node/src/*.ts src
cp "$source"/tests/client/node/*.ts test
# The program in the README.
sed -n '/^```ts/,/^```/p' "$source/client/node/README.md" | grep -v '^```' >src/readme.ts

# What has been installed for the same lock file stays.
if ! cmp -s package-lock.json node_modules/package-lock.json; then
  status=0
  timeout -k 5 100 npm ci --no-audit --no-fund --ignore-scripts --fetch-retries 1 --fetch-timeout 20000 \
    --cache "$work/npm-cache" >npm.log 2>&1 || status=$?
  # 124 and above: the time was over.
  if [ "$status" -ge 124 ] || grep -Eq 'code (ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E5[0-9][0-9]|ERR_SOCKET_TIMEOUT|FETCH_ERROR|ENOTCACHED)' npm.log; then
    skip "npm's registry cannot be reached"
  fi
  [ "$status" -eq 0 ] || { cat npm.log; exit 1; }
  cp package-lock.json node_modules/package-lock.json
fi
npm run --silent build
node --test --test-reporter spec dist/test/*.test.js
