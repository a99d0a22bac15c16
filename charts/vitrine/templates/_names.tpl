{{/* What the names of objects begin with. */}}
{{- define "vitrine.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- $full | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels by which selectors find the pods of a component: (dict "root" . "component" "api"). */}}
{{- define "vitrine.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of all objects of a component. */}}
{{- define "vitrine.labels" -}}
{{ include "vitrine.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: vitrine
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The name and labels of one object: (dict "root" . "component" "api" "name" "api"). */}}
{{- define "vitrine.metadata" -}}
name: {{ include "vitrine.fullname" .root }}-{{ default .component .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "vitrine.labels" . | nindent 2 }}
{{- end -}}

{{- define "vitrine.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "vitrine.firstKeySecret" -}}
{{- default (printf "%s-first-key" (include "vitrine.fullname" .)) .Values.auth.firstKey.secretName -}}
{{- end -}}

{{/* Whether the init job makes a first key: "true" or nothing. */}}
{{- define "vitrine.makesFirstKey" -}}
{{- if and (eq .Values.auth.mode "keys") .Values.auth.firstKey.create -}}true{{- end -}}
{{- end -}}
