{{/* Values that are each right and can't be so together: refused in words, with the way out. */}}
{{- define "data.check" -}}
{{- $v := .Values -}}
{{- if eq $v.size "production" -}}
{{- if and (eq $v.cassandra.mode "operator") $v.cassandra.nodes (lt (int $v.cassandra.nodes) 3) -}}
{{- fail (printf "\n\ncassandra.nodes is %d, but size is production, which keeps three copies: have 3 nodes or more, or set size to dev" (int $v.cassandra.nodes)) -}}
{{- end -}}
{{- if and (eq $v.postgres.mode "operator") $v.postgres.instances (lt (int $v.postgres.instances) 2) -}}
{{- fail "\n\npostgres.instances is 1, but size is production: have 2 or more, so that one takes over, or set size to dev" -}}
{{- end -}}
{{- end -}}
{{- if and $v.cassandra.backups.enabled (not (get $v.cassandra.backups.storage "bucketName")) -}}
{{- fail "\n\ncassandra.backups.storage.bucketName is missing: cassandra.backups.storage holds what K8ssandra calls storageProperties, such as storageProvider, bucketName and storageSecretRef" -}}
{{- end -}}
{{- if and $v.cassandra.backups.enabled (ne $v.cassandra.mode "operator") -}}
{{- fail (printf "\n\ncassandra.backups.enabled is true, but cassandra.mode is %s: only what is made here is backed up here" $v.cassandra.mode) -}}
{{- end -}}
{{- if and $v.postgres.backups.enabled (not $v.postgres.backups.objectStore) -}}
{{- fail "\n\npostgres.backups.objectStore is missing: name the ObjectStore of the plugin barman-cloud that says where backups go" -}}
{{- end -}}
{{- if and $v.postgres.backups.enabled (ne $v.postgres.mode "operator") -}}
{{- fail (printf "\n\npostgres.backups.enabled is true, but postgres.mode is %s: only what is made here is backed up here" $v.postgres.mode) -}}
{{- end -}}
{{- if and (eq $v.postgres.mode "operator") (ne (len (splitList " " $v.postgres.backups.schedule)) 6) -}}
{{- fail (printf "\n\npostgres.backups.schedule takes six fields, seconds first, such as \"0 0 2 * * *\"; it is %q" $v.postgres.backups.schedule) -}}
{{- end -}}
{{- if and $v.postgres.demoShopSecret (eq (toString $v.postgres.demoShop) "false") -}}
{{- fail "\n\npostgres.demoShopSecret is given, but postgres.demoShop is false: set it to true, or leave the Secret out" -}}
{{- end -}}
{{- if le (int $v.kafka.changesRetentionDays) (int $v.kafka.retentionDays) -}}
{{- fail (printf "\n\nkafka.changesRetentionDays is %d, not above kafka.retentionDays, which is %d: deletions must outlive the views that they delete" (int $v.kafka.changesRetentionDays) (int $v.kafka.retentionDays)) -}}
{{- end -}}
{{- end -}}
