#!/bin/sh
# run.sh SOURCE WORK: compiles and tests the client in TypeScript in the folder
# WORK, which has the shape of the tree SOURCE. Exits with 77, and a word on why,
# where Node is not installed or npm's registry cannot be reached.
set -eu
source=$1
work=$2

. "$source/tests/client/npm.sh"
need_node

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

npm_ci "$work/npm-cache"
npm run --silent build
node --test --test-reporter spec dist/test/*.test.js
