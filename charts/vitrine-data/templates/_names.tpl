{{- define "data.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: vitrine
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
What an object is called, and that it stays when the release goes where it carries data:
(dict "root" . "name" "…" "labels" (dict …) "annotations" (dict …) "carriesData" true)
*/}}
{{- define "data.metadata" -}}
{{- $annotations := default dict .annotations -}}
{{- if and .carriesData .root.Values.retainOnUninstall -}}
{{- $annotations = merge (dict "helm.sh/resource-policy" "keep") $annotations -}}
{{- end -}}
name: {{ .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "data.labels" .root | nindent 2 }}
  {{- with .labels }}{{ toYaml . | nindent 2 }}{{ end }}
{{- with $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
