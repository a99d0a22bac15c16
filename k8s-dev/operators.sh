#!/bin/sh
# Installs the operators that charts/vitrine-data asks, once for a cluster, in the order in which they need each other.
#   k8s-dev/operators.sh [--dry-run]
# Each waits until it works before the next begins; run again, it changes nothing that is as it should be. Versions are pinned here and
# nowhere else; platform engineers who install operators their own way need none of it.
set -eu

cert_manager=v1.21.1
cloudnative_pg=0.29.0 # operator 1.30.0
strimzi=1.2.0
k8ssandra=1.32.5

usage() {
  sed -n '2,5s/^# \{0,1\}//p' "$0"
}

case "${1-}" in
  '') run() { printf '> %s\n' "$*"; "$@"; } ;;
  --dry-run) run() { printf '%s\n' "$*"; } ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

if [ "${1-}" != --dry-run ]; then
  for program in helm kubectl; do
    command -v "$program" >/dev/null || {
      echo "$program is not on the PATH: install it first" >&2
      exit 1
    }
  done
  kubectl version >/dev/null 2>&1 || {
    echo "kubectl reaches no cluster: set KUBECONFIG, or make one by make cluster-up" >&2
    exit 1
  }
  echo "Installing operators into the cluster of the context $(kubectl config current-context); this takes some minutes."
fi

install() {
  release=$1 chart=$2 version=$3
  shift 3
  run helm upgrade --install "$release" "$chart" --version "$version" --namespace "$release" --create-namespace --wait --timeout 10m "$@"
}

install cert-manager oci://quay.io/jetstack/charts/cert-manager "$cert_manager" --set crds.enabled=true
install cnpg-system cloudnative-pg "$cloudnative_pg" --repo https://cloudnative-pg.github.io/charts
install strimzi oci://quay.io/strimzi-helm/strimzi-kafka-operator "$strimzi" --set watchAnyNamespace=true
install k8ssandra-operator k8ssandra-operator "$k8ssandra" --repo https://helm.k8ssandra.io/stable --set global.clusterScoped=true
