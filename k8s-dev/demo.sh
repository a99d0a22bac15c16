#!/bin/sh
# Makes up a shop: products and orders into its database, views through the ingestor, and a run of each EtlSchedule.
#   k8s-dev/demo.sh
# NAMESPACE and USERS say where and how large; the defaults are shop and 500.
set -eu
namespace=${NAMESPACE:-shop} users=${USERS:-500}

kubectl --namespace "$namespace" delete pod vitrine-demo --ignore-not-found --wait
# In the image as it is, with the Secrets of the shop's database and of the first key; it may write nowhere, so views come through a pipe.
kubectl --namespace "$namespace" create -f - <<POD
apiVersion: v1
kind: Pod
metadata:
  name: vitrine-demo
  labels: { app.kubernetes.io/name: vitrine, app.kubernetes.io/instance: vitrine, app.kubernetes.io/component: demo }
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }
  containers:
    - name: demo
      image: $(kubectl --namespace "$namespace" get deployment vitrine-api -o jsonpath='{.spec.template.spec.containers[0].image}')
      command: [sh, -c]
      args:
        - >-
          node cmd/vitrine/main.ts generate --users $users --replace --views -
          | node cmd/vitrine/main.ts send - --url http://vitrine-ingestor
      env:
        - { name: VITRINE_SHOP_URL, valueFrom: { secretKeyRef: { name: vitrine-shop, key: uri } } }
        - { name: VITRINE_KEY, valueFrom: { secretKeyRef: { name: vitrine-first-key, key: key } } }
      securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
POD
left=300
until phase=$(kubectl --namespace "$namespace" get pod vitrine-demo -o 'jsonpath={.status.phase}') && [ "$phase" = Succeeded ]; do
  left=$((left - 1))
  if [ "$phase" = Failed ] || [ "$left" = 0 ]; then
    echo "the pod vitrine-demo is $phase:" >&2
    kubectl --namespace "$namespace" logs vitrine-demo >&2
    exit 1
  fi
  sleep 1
done
kubectl --namespace "$namespace" logs vitrine-demo
NAMESPACE=$namespace "$(dirname "$0")/run-etl.sh"
