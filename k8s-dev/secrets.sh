#!/bin/sh
# Makes the Secrets that charts/vitrine-data would make, for tools that only render it: once, with passwords of their own.
#   k8s-dev/secrets.sh
# NAMESPACE says where; shop unless set.
set -eu
namespace=${NAMESPACE:-shop}

kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f -

password() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

secret() {
  name=$1
  shift
  kubectl --namespace "$namespace" get secret "$name" >/dev/null 2>&1 ||
    kubectl --namespace "$namespace" create secret generic "$name" "$@"
}

secret vitrine-cassandra-superuser --from-literal=username=vitrine-cassandra-superuser --from-literal=password="$(password)"
shop=$(password)
secret vitrine-shop --type=kubernetes.io/basic-auth --from-literal=username=shop --from-literal=password="$shop" \
  --from-literal=uri="postgresql://shop:$shop@vitrine-pg-rw.$namespace:5432/shop"
