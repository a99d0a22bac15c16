#!/bin/sh
# A cluster of kind for development, with the operators, both charts and a made-up shop in it; or its end.
#   k8s-dev/cluster.sh up | down
set -eu
cd "$(dirname "$0")/.."

need() {
  for program in "$@"; do
    command -v "$program" >/dev/null || {
      echo "$program is not on the PATH: install it first" >&2
      exit 1
    }
  done
}

up() {
  need docker kind kubectl helm
  kind get clusters 2>/dev/null | grep -qx vitrine || kind create cluster --config k8s-dev/kind.yaml
  kubectl config use-context kind-vitrine
  k8s-dev/operators.sh
  docker build --tag vitrine:dev .
  kind load docker-image vitrine:dev --name vitrine
  helm upgrade --install vitrine-data charts/vitrine-data --namespace shop --create-namespace
  echo 'The operators now make Kafka, Cassandra and PostgreSQL; that takes some minutes.'
  helm upgrade --install vitrine charts/vitrine --namespace shop --values k8s-dev/values.yaml \
    --set image.repository=vitrine,image.tag=dev --wait --timeout 20m
  k8s-dev/demo.sh
  helm test vitrine --namespace shop
  echo 'Vitrine serves a made-up shop: helm get notes vitrine --namespace shop tells how to ask it.'
}

down() {
  need kind
  kind delete cluster --name vitrine
}

case "${1-}" in
  up | down) "$1" ;;
  *) sed -n '2,3s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
