#!/bin/sh
# check.sh FOLDER: has others say whether what is written for them in docker/ is right,
# with their programs in FOLDER: Prometheus of its alert rules, Grafana of its dashboard,
# Docker Compose of its file, Kubernetes of its manifests. Part of ./dev check. What cannot be brought is skipped,
# and said to be.
set -eu
here=$(readlink -f "$(dirname "$0")")
mkdir -p "$1"
folder=$(readlink -f "$1")

say() { printf '%s\n' "check: $*"; }

# Debian's package would run a server if it were installed.
promtool=$folder/prometheus/usr/bin/promtool
[ -x "$promtool" ] || (
  cd "$folder"
  apt-get download -qq prometheus >log 2>&1 && dpkg -x prometheus_*.deb prometheus
  rm -f prometheus_*.deb
)
if [ -x "$promtool" ]; then
  say "alert rules, by promtool"
  (cd "$here/prometheus" && "$promtool" check rules alerts.yml && "$promtool" test rules alerts_test.yml)
  sed "s,/etc/prometheus,$here/prometheus," "$here/prometheus/prometheus.yml" >"$folder/prometheus.yml"
  "$promtool" check config "$folder/prometheus.yml"
else
  say "apt-get could not bring promtool: skipped the alert rules"
fi

python=$folder/venv/bin/python
[ -x "$python" ] || python3 -m venv "$folder/venv"
# brings PACKAGE: whether pip has it, or can bring it.
brings() { "$python" -m pip install -q "$1" >"$folder/log" 2>&1; }

if brings grafana-foundation-sdk; then
  say "dashboard, by the types of Grafana"
  "$python" "$here/grafana/check.py" "$here/grafana/dashboard.json"
else
  say "pip could not bring grafana-foundation-sdk: skipped the dashboard"
fi

# has PROGRAM MODULE: whether it is there, or go can bring it.
has() { [ -x "$folder/bin/$1" ] || GOBIN=$folder/bin go install "$2" >"$folder/log" 2>&1; }

# What Docker Compose loads its files with; the program has no better name.
if has cmd github.com/compose-spec/compose-go/v2/cmd@v2.16.2; then
  say "compose file, by Docker Compose's loader"
  (cd "$here" && "$folder/bin/cmd" compose.yaml >"$folder/compose.yaml")
else
  say "go could not bring compose-go: skipped the compose file"
fi

kustomize=$folder/bin/kustomize
# Newer ones take a newer Go.
if has kustomize sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 && brings kubernetes-validate; then
  say "manifests, by kustomize and the schemas of Kubernetes"
  rm -rf "$folder/kubernetes"
  cp -R "$here/kubernetes" "$folder/kubernetes"
  cp "$here/kubernetes/owner.env.example" "$folder/kubernetes/owner.env"
  "$kustomize" build "$folder/kubernetes" >"$folder/kubernetes.yaml"
  for version in 1.28 1.37; do
    "$folder/venv/bin/kubernetes-validate" --strict -k "$version" "$folder/kubernetes.yaml"
  done
else
  say "go could not bring kustomize, or pip kubernetes-validate: skipped the manifests"
fi
