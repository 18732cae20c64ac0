{{- define "chat.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "chat.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains (include "chat.name" .) .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "chat.name" .) | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "chat.selector" -}}
app.kubernetes.io/name: {{ include "chat.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "chat.labels" -}}
{{ include "chat.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{/* The Secret that the pods mount; empty: none. */}}
{{- define "chat.secret" -}}
{{- if .Values.secrets.existingSecret -}}
{{- .Values.secrets.existingSecret -}}
{{- else if .Values.secrets.values -}}
{{- include "chat.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* Names of the secret variables, as a list. */}}
{{- define "chat.secretNames" -}}
{{- if .Values.secrets.existingSecret -}}
{{- toJson .Values.secrets.names -}}
{{- else -}}
{{- keys .Values.secrets.values | sortAlpha | toJson -}}
{{- end -}}
{{- end -}}

{{/* Names by which the cluster calls the Service: without API_KEYS no others are answered. */}}
{{- define "chat.hosts" -}}
{{- $name := include "chat.fullname" . -}}
{{- $hosts := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) -}}
{{- if .Values.ingress.enabled }}{{ $hosts = append $hosts .Values.ingress.host }}{{ end -}}
{{- join "," $hosts -}}
{{- end -}}

{{/* What would lose conversations or answers is refused before it is installed. */}}
{{- define "chat.check" -}}
{{- $replicas := ternary (int .Values.autoscaling.maxReplicas) (int .Values.replicaCount) .Values.autoscaling.enabled -}}
{{- $storage := toString .Values.settings.HISTORY_STORAGE_TYPE -}}
{{- $shared := or (has "HISTORY_DB_URL" (include "chat.secretNames" . | fromJsonArray)) (hasKey .Values.settings "HISTORY_DB_URL") -}}
{{- if and (gt $replicas 1) (or (ne $storage "database") (not $shared)) -}}
{{- fail "Several pods share their conversations in PostgreSQL or MongoDB only: give HISTORY_DB_URL in `secrets`, or set replicaCount to 1" -}}
{{- end -}}
{{- if and (gt $replicas 1) .Values.persistence.enabled -}}
{{- fail "A disk of `persistence` is for one pod: set replicaCount to 1" -}}
{{- end -}}
{{- range $name := list "SHUTDOWN_DELAY" "SHUTDOWN_DRAIN" "API_HOST" "API_PORT" "METRICS_HOST" "METRICS_PORT" -}}
{{- if hasKey $.Values.settings $name -}}
{{- fail (printf "%s is set by the chart: use `shutdown`, `service` or `metrics`" $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
