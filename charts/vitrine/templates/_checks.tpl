{{/* Values that are each right and can't be so together: refused in words, with the way out. */}}
{{- define "vitrine.check" -}}
{{- $v := .Values -}}
{{- if and (eq $v.eventLog.engine "kafka") (not $v.eventLog.kafka.brokers) (not $v.data.name) -}}
{{- fail "\n\neventLog.kafka.brokers is empty, and so is data.name: give one, or set eventLog.engine to postgres" -}}
{{- end -}}
{{- if and (eq $v.store.engine "cassandra") (not $v.store.cassandra.hosts) (not $v.data.name) -}}
{{- fail "\n\nstore.cassandra.hosts is empty, and so is data.name: give one, or set store.engine to postgres" -}}
{{- end -}}
{{- $needsPostgres := or (eq $v.eventLog.engine "postgres") (eq $v.store.engine "postgres") (eq $v.auth.mode "keys") -}}
{{- if and $needsPostgres (not $v.postgres.urlSecret.name) (not $v.data.name) -}}
{{- fail "\n\npostgres.urlSecret.name is empty, and so is data.name: name the Secret with the URI of Vitrine's own PostgreSQL. It is needed where eventLog.engine or store.engine is postgres, and where auth.mode is keys" -}}
{{- end -}}
{{- with $v.eventLog.kafka -}}
{{- if and .brokers (ne (empty .username) (empty .passwordSecret.name)) -}}
{{- fail "\n\neventLog.kafka.username and eventLog.kafka.passwordSecret.name go together: set both, or neither" -}}
{{- end -}}
{{- if and (not .brokers) (or .username .passwordSecret.name .caSecret.name .tls) -}}
{{- fail "\n\neventLog.kafka: a login or TLS is given, but no brokers: they count only beside eventLog.kafka.brokers, since all of the Kafka of data.name follows from its name" -}}
{{- end -}}
{{- end -}}
{{- with $v.store.cassandra -}}
{{- if and (not .hosts) .loginSecret.name -}}
{{- fail "\n\nstore.cassandra.loginSecret.name is given, but no hosts: it counts only beside store.cassandra.hosts, since the login of the Cassandra of data.name follows from its name" -}}
{{- end -}}
{{- end -}}
{{- if and $v.postgres.caSecret.name (not $v.postgres.urlSecret.name) -}}
{{- fail "\n\npostgres.caSecret.name is given, but not postgres.urlSecret.name: it counts only beside it, since the CA of the PostgreSQL of data.name follows from its name" -}}
{{- end -}}
{{- range $component := list "ingestor" "loader" "api" -}}
{{- with (index $v $component).autoscaling -}}
{{- if and .enabled (gt (int .minReplicas) (int .maxReplicas)) -}}
{{- fail (printf "\n\n%s.autoscaling.minReplicas is %d, above maxReplicas, which is %d" $component (int .minReplicas) (int .maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $loaders := ternary $v.loader.autoscaling.maxReplicas $v.loader.replicas $v.loader.autoscaling.enabled -}}
{{- if gt (int $loaders) (int $v.eventLog.partitions) -}}
{{- fail (printf "\n\nloader: %d would run, but eventLog.partitions is %d, so some would have nothing to do: lower loader.replicas or loader.autoscaling.maxReplicas, or say in eventLog.partitions how many there are" (int $loaders) (int $v.eventLog.partitions)) -}}
{{- end -}}
{{- if and $v.ingress.enabled (not $v.ingress.host) -}}
{{- fail "\n\ningress.host is empty: name the host of the Ingress, or set ingress.enabled to false" -}}
{{- end -}}
{{- if and $v.monitoring.rules.enabled (not (hasSuffix "/" $v.monitoring.rules.runbooks)) -}}
{{- fail (printf "\n\nmonitoring.rules.runbooks must end in /, since the names of the pages are added to it; it is %q" $v.monitoring.rules.runbooks) -}}
{{- end -}}
{{- range $name, $spec := $v.etl.schedules -}}
{{- if $spec -}}
{{- if gt (len $name) 52 -}}
{{- fail (printf "\n\netl.schedules: the name %s is longer than 52 characters, which a CronJob's can't be" $name) -}}
{{- end -}}
{{- if not (has (default "" $spec.pipeline) (list "orders" "products")) -}}
{{- fail (printf "\n\netl.schedules.%s.pipeline must be orders or products" $name) -}}
{{- end -}}
{{- if not $spec.schedule -}}
{{- fail (printf "\n\netl.schedules.%s.schedule is missing: five fields of a cron table, such as \"*/15 * * * *\"" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
