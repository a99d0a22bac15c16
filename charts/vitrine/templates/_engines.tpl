{{/*
Where the engines are and how one logs in, as one map: what the values give, else what charts/vitrine-data makes for `data.name`.
An engine that is not used is left out.
*/}}
{{- define "vitrine.engines" -}}
{{- $data := .Values.data.name -}}
{{- $onPostgres := or (eq .Values.eventLog.engine "postgres") (eq .Values.store.engine "postgres") -}}
{{- if eq .Values.eventLog.engine "kafka" }}
kafka:
  {{- with .Values.eventLog.kafka }}
  {{- if .brokers }}
  brokers: {{ join "," .brokers }}
  username: {{ .username | quote }}
  password: {{ toJson .passwordSecret }}
  tls: {{ or .tls (ne .caSecret.name "") }}
  ca: {{ toJson .caSecret }}
  {{- else }}
  brokers: {{ $data }}-kafka-bootstrap:9093
  username: {{ $data }}-app
  password: { name: {{ $data }}-app, key: password }
  tls: true
  ca: { name: {{ $data }}-cluster-ca-cert, key: ca.crt }
  {{- end }}
  {{- end }}
{{- end }}
{{- if eq .Values.store.engine "cassandra" }}
cassandra:
  {{- with .Values.store.cassandra }}
  datacenter: {{ .datacenter }}
  tls: {{ or .tls (ne .caSecret.name "") }}
  ca: {{ toJson .caSecret }}
  {{- if .hosts }}
  hosts: {{ join "," .hosts }}
  login: {{ toJson .loginSecret }}
  {{- else }}
  hosts: {{ $data }}-{{ .datacenter }}-service:9042
  login: { name: {{ $data }}-cassandra-superuser, usernameKey: username, passwordKey: password }
  {{- end }}
  {{- end }}
{{- end }}
{{- if or $onPostgres (eq .Values.auth.mode "keys") }}
postgres:
  {{- with .Values.postgres }}
  {{- if .urlSecret.name }}
  url: {{ toJson .urlSecret }}
  ca: {{ toJson .caSecret }}
  {{- else }}
  url: { name: {{ $data }}-pg-app, key: uri }
  ca: { name: {{ $data }}-pg-ca, key: ca.crt }
  {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/*
The engines that a process opens, of (dict "root" . "component" "api"): a run of the ETL writes to the store alone, and a process
whose engines are elsewhere sees PostgreSQL only where it reads keys.
*/}}
{{- define "vitrine.enginesOf" -}}
{{- $engines := include "vitrine.engines" .root | fromYaml -}}
{{- $values := .root.Values -}}
{{- $readsKeys := and (eq $values.auth.mode "keys") (has .component (list "ingestor" "api" "init")) -}}
{{- $logOnPostgres := and (eq $values.eventLog.engine "postgres") (ne .component "etl") -}}
{{- if eq .component "etl" }}{{ $engines = omit $engines "kafka" }}{{ end -}}
{{- if not (or $readsKeys $logOnPostgres (eq $values.store.engine "postgres")) }}{{ $engines = omit $engines "postgres" }}{{ end -}}
{{- toYaml $engines -}}
{{- end -}}

{{/* Secrets that a process reads as files: a list of {mount, secret, key, setting}, with another key in `also`, of (dict "root" . "component" "api"). */}}
{{- define "vitrine.files" -}}
{{- $engines := include "vitrine.enginesOf" . | fromYaml -}}
{{- with $engines.kafka }}
{{- if .username }}
- { mount: kafka, secret: {{ .password.name }}, key: {{ .password.key }}, setting: VITRINE_KAFKA_PASSWORD_FILE }
{{- end }}
{{- if .ca.name }}
- { mount: kafka-ca, secret: {{ .ca.name }}, key: {{ .ca.key }}, setting: VITRINE_KAFKA_CA_FILE }
{{- end }}
{{- end }}
{{- with $engines.cassandra }}
{{- if .login.name }}
- { mount: cassandra, secret: {{ .login.name }}, key: {{ .login.passwordKey }}, also: {{ .login.usernameKey }}, setting: VITRINE_CASSANDRA_PASSWORD_FILE }
{{- end }}
{{- if .ca.name }}
- { mount: cassandra-ca, secret: {{ .ca.name }}, key: {{ .ca.key }}, setting: VITRINE_CASSANDRA_CA_FILE }
{{- end }}
{{- end }}
{{- with $engines.postgres }}
- { mount: postgres, secret: {{ .url.name }}, key: {{ .url.key }}, setting: VITRINE_POSTGRES_URL_FILE }
{{- if .ca.name }}
- { mount: postgres-ca, secret: {{ .ca.name }}, key: {{ .ca.key }}, setting: VITRINE_POSTGRES_CA_FILE }
{{- end }}
{{- end }}
{{- if and (eq .component "etl") .root.Values.shop.caSecret.name }}
{{- with .root.Values.shop.caSecret }}
- { mount: shop-ca, secret: {{ .name }}, key: {{ .key }}, setting: VITRINE_SHOP_CA_FILE }
{{- end }}
{{- end }}
{{- end -}}

{{/* The environment by which a process finds its engines. */}}
{{- define "vitrine.engineEnv" -}}
{{- $engines := include "vitrine.enginesOf" . | fromYaml -}}
{{- with .root.Values }}
{{- if ne $.component "etl" }}
- { name: VITRINE_EVENT_LOG, value: {{ .eventLog.engine }} }
- { name: VITRINE_PARTITIONS, value: {{ .eventLog.partitions | quote }} }
{{- end }}
- { name: VITRINE_STORE, value: {{ .store.engine }} }
- { name: VITRINE_HISTORY_TTL, value: {{ .store.historyTtl }} }
- { name: VITRINE_VIEWS_TTL, value: {{ .store.viewsTtl }} }
{{- end }}
{{- with $engines.kafka }}
- { name: VITRINE_KAFKA_BROKERS, value: {{ .brokers | quote }} }
- { name: VITRINE_KAFKA_REPLICATION, value: {{ $.root.Values.eventLog.kafka.replication | quote }} }
{{- if .username }}
- { name: VITRINE_KAFKA_USERNAME, value: {{ .username | quote }} }
{{- end }}
{{- if .tls }}
- { name: VITRINE_KAFKA_TLS, value: "on" }
{{- end }}
{{- end }}
{{- with $engines.cassandra }}
- { name: VITRINE_CASSANDRA_HOSTS, value: {{ .hosts | quote }} }
- { name: VITRINE_CASSANDRA_DATACENTER, value: {{ .datacenter | quote }} }
- { name: VITRINE_CASSANDRA_REPLICATION, value: {{ $.root.Values.store.cassandra.replication | quote }} }
{{- if .login.name }}
- { name: VITRINE_CASSANDRA_USERNAME_FILE, value: /etc/vitrine/cassandra/{{ .login.usernameKey }} }
{{- end }}
{{- if .tls }}
- { name: VITRINE_CASSANDRA_TLS, value: "on" }
{{- end }}
{{- end }}
{{- range include "vitrine.files" . | fromYamlArray }}
- { name: {{ .setting }}, value: /etc/vitrine/{{ .mount }}/{{ .key }} }
{{- end }}
{{- end -}}

{{- define "vitrine.engineMounts" -}}
{{- range include "vitrine.files" . | fromYamlArray }}
- { name: {{ .mount }}, mountPath: /etc/vitrine/{{ .mount }} }
{{- end }}
{{- end -}}

{{- define "vitrine.engineVolumes" -}}
{{- range include "vitrine.files" . | fromYamlArray }}
- name: {{ .mount }}
  secret: { secretName: {{ .secret }}, items: [{ key: {{ .key }}, path: {{ .key }} }{{ with .also }}, { key: {{ . }}, path: {{ . }} }{{ end }}] }
{{- end }}
{{- end -}}
