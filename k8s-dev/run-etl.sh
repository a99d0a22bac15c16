#!/bin/sh
# Asks for a run of the catalogue and of the orders, now.
#   k8s-dev/run-etl.sh
# NAMESPACE says where; shop unless set.
set -eu
for schedule in products orders; do
  kubectl --namespace "${NAMESPACE:-shop}" annotate --overwrite "etlschedule/$schedule" "vitrine.dev/run-requested-at=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
done
