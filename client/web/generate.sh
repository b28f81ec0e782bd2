#!/bin/sh
# Makes src/generated from the contract. Takes protoc, and protoc-gen-es from npm.
set -eu
cd "$(dirname "$0")"
rm -rf src/generated
mkdir -p src/generated
protoc -I ../../proto -I ../errors \
  --plugin=node_modules/.bin/protoc-gen-es \
  --es_out=src/generated --es_opt=target=ts,import_extension=ts \
  ../../proto/spiked/v1/*.proto ../errors/spiked/_error_details.proto
