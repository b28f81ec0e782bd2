#!/bin/sh
# page.sh SOURCE WORK: checks and builds the page in the folder WORK, which has the
# shape of the tree SOURCE, runs its unit tests, and compares what is built with what
# SOURCE keeps. Exits with 77, and a word on why, where that cannot be done.
set -eu
source=$1
work=$2

. "$source/tests/client/npm.sh"
need_node
command -v protoc >/dev/null || skip "protoc is not installed"

mkdir -p "$work/client/web"
ln -sfn "$source/proto" "$work/proto"
for folder in errors node pong; do ln -sfn "$source/client/$folder" "$work/client/$folder"; done
cd "$work/client/web"
rm -rf src public dist
for file in "$source"/client/web/*; do
  case ${file##*/} in node_modules | dist) ;; *) cp -r "$file" . ;; esac
done
npm_ci "$work/npm-cache"
npm run --silent generate
npm run --silent check
npm run --silent test
npm run --silent build -- --logLevel warn
diff -r "$source/client/web/dist" dist >/dev/null || {
  diff -rq "$source/client/web/dist" dist || :
  echo "client/web/dist is not what its sources make: ./dev web"
  exit 1
}
