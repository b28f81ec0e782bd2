#!/bin/sh
# check.sh FOLDER: has others say whether what is written for them in docker/ is right,
# with their programs in FOLDER: Prometheus of its alert rules, Grafana of its dashboard,
# Kubernetes of its manifests. Part of ./dev check. What cannot be brought is skipped,
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

# Newer ones take a newer Go.
kustomize=$folder/bin/kustomize
[ -x "$kustomize" ] ||
  GOBIN=$folder/bin go install sigs.k8s.io/kustomize/kustomize/v5@v5.7.1 >"$folder/log" 2>&1 || :
if [ -x "$kustomize" ] && brings kubernetes-validate; then
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
