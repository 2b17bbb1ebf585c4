{{/* The release's name with the chart's in it; short enough for what is put behind it. */}}
{{- define "operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "operator.serviceAccountName" -}}
{{ .Values.serviceAccount.name | default (ternary (include "operator.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end -}}

{{/* Service and Secret of the webhook. Its configuration, which has no namespace, is called so with the namespace behind it. */}}
{{- define "operator.webhookName" -}}
{{ printf "%s-webhook" (include "operator.fullname" .) }}
{{- end -}}

{{/* What belongs to the whole cluster is named so that releases in several namespaces can stand beside one another. */}}
{{- define "operator.rackName" -}}
{{- $name := printf "%s-rack" (include "operator.fullname" .) -}}
{{ ternary $name (printf "%s-%s" $name .Release.Namespace) (eq .Values.scope "ClusterWide") }}
{{- end -}}
