#!/bin/sh
# Generates the stubs of the contract into the folder spiked. Needs protoc; its
# plugins are tools of this module.
set -eu
cd "$(dirname "$0")"
proto=../../proto
GOBIN=$PWD/bin go install tool
# The contract knows nothing of Go: where its package belongs is said here.
options=paths=source_relative
for file in "$proto"/spiked/v1/*.proto; do
  options="$options,Mspiked/v1/${file##*/}=spiked.example/client/spiked/v1;spikedpb"
done
protoc -I"$proto" \
  --plugin=bin/protoc-gen-go --go_out="$options:." \
  --plugin=bin/protoc-gen-go-grpc --go-grpc_out="$options:." \
  "$proto"/spiked/v1/*.proto
