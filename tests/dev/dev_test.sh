#!/bin/sh
# dev_test.sh TEST DEV BIN: one test of the task runner DEV, in a folder that is
# removed again. A checkout is DEV beside the smallest project that CMake takes, as
# it is not the compiler that is tested; BIN has the real programs.
set -eu

test=$1
dev=$2
bin=$3
here=$(readlink -f "$(mktemp -d)")
# It asks for all that a build prints.
unset CI
trap 'chmod -R u+w "$here"; rm -rf "$here"' EXIT
cd "$here"

fail() {
  printf '%s\n' "$test: $*" >&2
  exit 1
}

# expect FILE PATTERN: a line of the file matches.
expect() {
  grep -q -- "$2" "$1" || {
    cat "$1" >&2
    fail "no line of $1 matches '$2'"
  }
}

# checkout FOLDER: a project of 40 steps, each of which writes a file.
checkout() {
  mkdir "$1"
  cp "$dev" "$1/dev"
  cat >"$1/CMakePresets.json" <<'END'
{ "version": 6, "configurePresets": [ { "name": "release", "generator": "Ninja" } ] }
END
  cat >"$1/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(small NONE)
enable_testing()
foreach(k RANGE 1 40)
  add_custom_command(OUTPUT step${k} COMMAND ${CMAKE_COMMAND} -E touch step${k})
  list(APPEND steps step${k})
endforeach()
add_custom_target(steps ALL DEPENDS ${steps})
END
}

# Instead of whatever would change the machine or take long there are programs
# that take down that they were called, and do nothing.
tools_that_do_nothing() {
  mkdir tools
  for tool in apt-get sudo cmake ctest npm ninja; do
    printf '#!/bin/sh\necho "%s $*" >>%s/called\n' "$tool" "$here" >"tools/$tool"
  done
  # Everything is installed.
  printf '#!/bin/sh\nprintf installed\n' >tools/dpkg-query
  chmod +x tools/*
  PATH=$here/tools:$PATH
}

# built FOLDER: a checkout whose programs have been built.
built() {
  checkout "$1"
  tools_that_do_nothing
  mkdir -p "$1/build/release"
  ln -s "$bin" "$1/build/release/bin"
}

commands() { sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'; }

help_does_nothing() {
  checkout one
  tools_that_do_nothing
  ls -R one >before
  one/dev help >all
  [ "$(commands <all | wc -l)" -ge 9 ] || fail "few commands: $(commands <all)"
  for command in $(commands <all); do
    for words in "$command --help" "$command -h" "$command --polls 3 --help" "help $command"; do
      # shellcheck disable=SC2086
      one/dev $words >out 2>err || fail "'dev $words' fails: $(cat err)"
      expect out "^./dev "
      [ ! -s err ] || fail "'dev $words' complains: $(cat err)"
    done
    [ "$command" = help ] || expect out "^./dev $command"
  done
  [ ! -e called ] || fail "help called $(cat called)"
  ls -R one | diff before - || fail "help has changed the checkout"
  mkdir -p one/build/release
  ln -s "$bin" one/build/release/bin
  one/dev play --help >out
  expect out "--record-weights N"
}

bad_usage_does_nothing() {
  checkout one
  tools_that_do_nothing
  for words in "biuld" "build --preset" "build release debug" "check dev" "test a b" "help biuld" \
    "biuld --help"; do
    status=0
    # shellcheck disable=SC2086
    one/dev $words >out 2>err || status=$?
    [ "$status" -eq 2 ] || fail "'dev $words' ends with $status"
    expect err "^dev: "
  done
  [ ! -e called ] || fail "bad usage called $(cat called)"
}

files_are_the_callers() {
  built one
  mkdir elsewhere
  cd elsewhere
  ../one/dev play --plain --polls 3 --record my.jsonl --summary=my.json >/dev/null
  [ "$(wc -l <my.jsonl)" -eq 3 ] || fail "the record is not where it was asked for"
  [ -s my.json ] || fail "the summary is not where it was asked for"
  [ -z "$(find ../one -name 'my.*')" ] || fail "something was written into the checkout"
}

a_server_of_the_callers_is_used() {
  checkout one
  tools_that_do_nothing
  mkdir -p one/build/release/bin
  ln -s "$bin/spiked-pong" one/build/release/bin
  status=0
  one/dev play --plain --server "unix:$here/nobody" >/dev/null 2>err || status=$?
  [ "$status" -eq 1 ] || fail "a match without its server ends with $status"
  expect err "spiked-pong: .*unix:$here/nobody"
}

# fetch URL [JSON]: the status and the body of what is got, or posted, there.
fetch() {
  python3 - "$@" <<'END'
import sys
import urllib.request

url, *body = sys.argv[1:]
data = body[0].encode() if body else None
request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
with urllib.request.urlopen(request, timeout=30) as answer:
    print(answer.status, answer.read().decode())
END
}

a_page_is_served_and_its_address_signs_in() {
  built one
  mkdir one/client
  ln -s "$(dirname "$dev")/client/web" one/client/web
  one/dev play --web >out 2>err &
  runner=$!
  until grep -q "^Open http.*#token=" out; do
    kill -0 "$runner" 2>/dev/null || fail "it has ended: $(cat err)"
    sleep 0.05
  done
  address=$(sed -n 's/^Open //p' out)
  url=${address%%#*}
  fetch "$url" >page
  expect page "<title>spiked</title>"
  fetch "${url}login" "{\"token\": \"${address##*=}\"}" >login
  expect login "^204"
  kill "$runner"
  wait "$runner" || :
  fetch "$url" >page 2>err && fail "the server stays behind"
  expect err "refused"
}

recordings_of_older_forms_are_converted() {
  built one
  mkdir one/client
  ln -s "$(dirname "$dev")/client/verify" one/client/verify
  reference=$(dirname "$dev")/tests/data/reference
  # In the form of today, with a name in two folders.
  python3 one/client/verify/convert.py "$reference/pong_rstdp_clean.json" pong_rstdp_clean.json
  one/dev verify "$reference/pong_rstdp_clean.json" pong_rstdp_clean.json >out
  expect out "^2 of 2 cases agree"
  sed 's/"name"/"nam"/' pong_rstdp_clean.json >mine.json
  echo '{"iterations": []}' >bad.json
  for file in mine bad nothing; do
    status=0
    one/dev verify "$file.json" >out 2>err || status=$?
    [ "$status" -eq 2 ] || fail "verifying $file.json ends with $status"
    expect err ": $file.json: "
  done
}

a_moved_checkout_is_built_anew() {
  checkout one
  one/dev build
  mv one two
  two/dev build 2>err || fail "$(cat err)"
  expect err "has moved"
  two/dev build 2>err
  [ ! -s err ] || fail "the second build has something to say: $(cat err)"
}

a_link_leads_to_the_checkout() {
  checkout one
  one/dev build
  ln -s one linked
  ln -s one/dev runner
  for dev in linked/dev ./runner; do
    "$dev" build 2>err || fail "$(cat err)"
    [ ! -s err ] || fail "$dev has something to say: $(cat err)"
  done
}

a_checkout_that_cannot_be_written_is_built_in_the_cache() {
  checkout one
  chmod -R a-w one
  chmod a+rx . one
  mkdir home
  chmod a+rwx home
  # Root may write whatever the permissions are.
  as_user=
  [ "$(id -u)" -ne 0 ] || as_user="setpriv --reuid=65534 --regid=65534 --clear-groups"
  HOME=$here/home $as_user one/dev build 2>err || fail "$(cat err)"
  expect err "cannot be written; building in $here/home/.cache/spiked/"
  [ -e home/.cache/spiked/*/release/step40 ] || fail "nothing was built"
  HOME=$here/nowhere XDG_CACHE_HOME=$here/home/cache $as_user one/dev build 2>err
  expect err "building in $here/home/cache/spiked/"
}

a_long_build_tells_how_far_it_is() {
  checkout one
  one/dev build 2>err
  for tenth in 1 5 10; do expect err "^dev: building: ${tenth}0% of 40 steps"; done
  one/dev build 2>err
  [ ! -s err ] || fail "a build of nothing has something to say: $(cat err)"
}

a_failed_build_says_why() {
  checkout one
  echo 'add_custom_target(broken ALL COMMAND sh -c "echo because of this; false")' \
    >>one/CMakeLists.txt
  status=0
  one/dev build 2>err || status=$?
  [ "$status" -eq 1 ] || fail "ends with $status"
  expect err "because of this"
  expect err "dev.log"
  echo 'message(FATAL_ERROR "because of that")' >two.txt
  checkout two
  mv two.txt two/CMakeLists.txt
  status=0
  two/dev build 2>err || status=$?
  [ "$status" -eq 1 ] || fail "ends with $status"
  expect err "because of that"
  expect err "remove .*two/build/release"
}

a_filter_without_a_test_is_an_error() {
  checkout one
  echo 'add_test(NAME Good COMMAND true)' >>one/CMakeLists.txt
  one/dev test Good >out 2>&1 || fail "$(cat out)"
  ! one/dev test Bad >out 2>&1 || fail "$(cat out)"
}

"$test"
