{{/* What follows from `size` where the values say nothing else, as one map. */}}
{{- define "data.sizes" -}}
dev:
  kafka:
    replication: 1
    minInSync: 1
    storage: 5Gi
    heap: 512m
    resources:
      requests: { cpu: 250m, memory: 1Gi }
      limits: { memory: 1Gi }
  cassandra:
    nodes: 1
    storage: 5Gi
    heap: 512Mi
    repairs: false
    # The operator wants all four where nodes may share a machine.
    resources:
      requests: { cpu: 500m, memory: 2Gi }
      limits: { cpu: "2", memory: 2Gi }
  postgres:
    instances: 1
    storage: 2Gi
    demoShop: true
    resources:
      requests: { cpu: 100m, memory: 256Mi }
      limits: { memory: 512Mi }
production:
  kafka:
    replication: 3
    minInSync: 2
    storage: 100Gi
    heap: 2g
    resources:
      requests: { cpu: "1", memory: 4Gi }
      limits: { memory: 4Gi }
  cassandra:
    nodes: 3
    storage: 200Gi
    heap: 8Gi
    repairs: true
    resources:
      requests: { cpu: "2", memory: 16Gi }
      limits: { cpu: "6", memory: 16Gi }
  postgres:
    instances: 3
    storage: 50Gi
    demoShop: false
    resources:
      requests: { cpu: 500m, memory: 1Gi }
      limits: { memory: 2Gi }
{{- end -}}

{{/* What an engine is given, the values over what follows from the size. Of those that are null Helm 4 drops the key, Helm 3 keeps it. (dict "root" . "engine" "kafka") */}}
{{- define "data.sized" -}}
{{- $sized := index (include "data.sizes" .root | fromYaml) .root.Values.size .engine -}}
{{- $values := index .root.Values .engine -}}
{{- range $key := list "heap" "resources" "nodes" "instances" "repairs" "demoShop" -}}
{{- if and (hasKey $values $key) (not (kindIs "invalid" (index $values $key))) -}}{{- $sized = set $sized $key (get $values $key) -}}{{- end -}}
{{- end -}}
{{- with $values.storage.size -}}{{- $sized = set $sized "storage" . -}}{{- end -}}
{{- toYaml $sized -}}
{{- end -}}
