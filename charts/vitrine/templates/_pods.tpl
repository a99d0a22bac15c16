{{/* Environment of all processes: what they write and where traces go. (dict "root" . "component" "api") */}}
{{- define "vitrine.commonEnv" -}}
- { name: VITRINE_LOG_LEVEL, value: {{ .root.Values.logLevel }} }
{{- with .root.Values.tracing }}
{{- if .endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ .endpoint | quote }} }
- { name: OTEL_TRACES_SAMPLER, value: parentbased_traceidratio }
- { name: OTEL_TRACES_SAMPLER_ARG, value: {{ .sampleRatio | quote }} }
{{- end }}
{{- end }}
{{- end -}}

{{/* What each container may do: nothing beyond its own process. */}}
{{- define "vitrine.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
capabilities: { drop: [ALL] }
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{/* What the specs of all pods begin with: (dict "root" . "token" true "account" "api"). */}}
{{- define "vitrine.podBasics" -}}
serviceAccountName: {{ include "vitrine.fullname" .root }}-{{ .account }}
automountServiceAccountToken: {{ default false .token }}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/*
The Deployment of a service:
(dict "root" . "component" "api" "http" true "token" false "annotations" (dict …) "env" "…" "mounts" "…" "volumes" "…")
*/}}
{{- define "vitrine.deployment" -}}
{{- $values := index .root.Values .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- include "vitrine.metadata" (dict "root" .root "component" .component) | nindent 2 }}
spec:
  {{- if not (dig "autoscaling" "enabled" false $values) }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "vitrine.selector" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "vitrine.labels" . | nindent 8 }}
      {{- with .annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- $spec := include "vitrine.servicePodSpec" . | fromYaml }}
      {{- toYaml (mergeOverwrite $spec (deepCopy $values.podSpec)) | nindent 6 }}
{{- end -}}

{{- define "vitrine.servicePodSpec" -}}
{{- $values := index .root.Values .component -}}
{{- include "vitrine.podBasics" (dict "root" .root "account" .component "token" .token) }}
# Longer than the pause before it is told to stop and the 25 s in which it then finishes.
terminationGracePeriodSeconds: {{ add .root.Values.drainSeconds 30 }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "vitrine.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "vitrine.selector" . | nindent 8 }}
containers:
  - name: {{ .component }}
    image: {{ include "vitrine.image" .root }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [cmd/{{ .component }}/main.ts]
    env:
      {{- include "vitrine.commonEnv" . | nindent 6 }}
      {{- if .http }}
      - { name: VITRINE_HOST, value: 0.0.0.0 }
      - { name: VITRINE_PORT, value: "8080" }
      - { name: VITRINE_AUTH, value: {{ .root.Values.auth.mode }} }
      - { name: VITRINE_DRAIN_SECONDS, value: {{ .root.Values.drainSeconds | quote }} }
      {{- end }}
      - { name: VITRINE_OPS_HOST, value: 0.0.0.0 }
      - { name: VITRINE_OPS_PORT, value: "9090" }
      {{- with .env }}{{ . | nindent 6 }}{{ end }}
      {{- with $values.env }}{{ toYaml . | nindent 6 }}{{ end }}
    ports:
      {{- if .http }}
      - { name: http, containerPort: 8080 }
      {{- end }}
      - { name: ops, containerPort: 9090 }
    startupProbe:
      httpGet: { path: /livez, port: ops }
      periodSeconds: 1
      failureThreshold: 60
    readinessProbe:
      # A pod that is slow keeps its requests, which would make the others slower still: it takes five bad or late answers in turn, 10 to 25 s.
      httpGet: { path: /readyz, port: ops }
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 5
    livenessProbe:
      httpGet: { path: /livez, port: ops }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    {{- if .root.Values.drainSeconds }}
    lifecycle:
      preStop: { sleep: { seconds: {{ .root.Values.drainSeconds }} } }
    {{- end }}
    securityContext:
      {{- include "vitrine.containerSecurity" . | nindent 6 }}
    resources:
      {{- toYaml $values.resources | nindent 6 }}
    {{- with .mounts }}
    volumeMounts:
      {{- . | nindent 6 }}
    {{- end }}
{{- with .volumes }}
volumes:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}
