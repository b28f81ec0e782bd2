#!/bin/sh
# readme.sh SOURCE SERVER PYTHON: whether proto/README.md tells the truth. Its
# commands make the stubs, its program prints what it says, and its reasons of
# errors are those of the server.
set -eu
source=$1
server=$2
python=$3
readme=$source/proto/README.md

scratch=$(mktemp -d)
process=
trap '[ -z "$process" ] || kill "$process"; rm -rf "$scratch"' EXIT
cd "$scratch"

# block LANGUAGE: the first piece of code in that language.
block() {
  sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$readme" | grep -v '^```'
}

ln -s "$source/proto" proto
block sh >stubs.sh
sh -eu stubs.sh
block python >first_session.py
"$server" --listen "unix:$scratch/s" --log-level warn &
process=$!
until [ -S s ]; do
  kill -0 "$process"
  sleep 0.05
done
said=$(sed -n 's/^It prints `\([^`]*\)`.*/\1/p' "$readme")
printed=$(SPIKED_SERVER=unix:$scratch/s PYTHONPATH=stubs "$python" first_session.py)
[ "$printed" = "$said" ] || {
  echo "the first session prints '$printed', not '$said'"
  exit 1
}

# Reasons stand where the server makes errors, or are the names of codes.
grep -rhE -A 2 '(Reason|Field)Error\(|Unauthenticated\(|^constexpr char k[A-Za-z]*Reason|^ *\{(absl::)?StatusCode::k' --include='*.cc' "$source/server" |
  grep -oE '"[A-Z][A-Z_]{3,}"' | tr -d '"' | sort -u >of_server
sed -n 's/^| `\([A-Z_]*\)` | [A-Z_]* |.*/\1/p' "$readme" | sort >of_readme
diff of_server of_readme || {
  echo "these reasons of errors are the server's (<) or the README's (>) alone"
  exit 1
}
