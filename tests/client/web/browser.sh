#!/bin/sh
# browser.sh SOURCE WORK [OPTIONS]: tries the page that SOURCE keeps in Chromium, against a
# server of its own ($SPIKED_BINARY), in the folder WORK. Options go to Vitest. Exits
# with 77, and a word on why, where that cannot be done.
set -eu
source=$1
work=$2
shift 2

. "$source/tests/client/npm.sh"
need_node
chromium=$(command -v chromium) || skip "Chromium is not installed"
command -v protoc >/dev/null || skip "protoc is not installed"

mkdir -p "$work/client/web"
ln -sfn "$source/proto" "$work/proto"
ln -sfn "$source/client/errors" "$work/client/errors"
cd "$work/client/web"
cp "$source"/client/web/package*.json "$source/client/web/generate.sh" .
rm -rf browser
cp -r "$source/tests/client/web/browser" browser
npm_ci "$work/npm-cache"
npm run --silent generate
CHROMIUM_BINARY=$chromium SPIKED_SOURCE=$source exec node_modules/.bin/vitest run \
  --config browser/vitest.config.ts "$@"
