# What tests of clients in TypeScript begin with; to be read by their scripts, in a
# folder with a package.json. They exit with 77, and a word on why, where Node is not
# installed or npm's registry cannot be reached.

skip() {
  echo "skipped: $*"
  exit 77
}

need_node() {
  command -v node >/dev/null && command -v npm >/dev/null || skip "Node and npm are not installed"
  version=$(node -p 'process.versions.node.split(".")[0]')
  [ "$version" -ge 18 ] || skip "Node $version is too old, 18 is needed"
}

# npm_ci CACHE: what package-lock.json names. What has been installed for the same
# lock file stays.
npm_ci() {
  ! cmp -s package-lock.json node_modules/package-lock.json || return 0
  status=0
  timeout -k 5 100 npm ci --no-audit --no-fund --ignore-scripts --fetch-retries 1 --fetch-timeout 20000 \
    --cache "$1" >npm.log 2>&1 || status=$?
  # 124 and above: the time was over.
  if [ "$status" -ge 124 ] || grep -Eq 'code (ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E5[0-9][0-9]|ERR_SOCKET_TIMEOUT|FETCH_ERROR|ENOTCACHED)' npm.log; then
    skip "npm's registry cannot be reached"
  fi
  [ "$status" -eq 0 ] || { cat npm.log; exit 1; }
  cp package-lock.json node_modules/package-lock.json
}
