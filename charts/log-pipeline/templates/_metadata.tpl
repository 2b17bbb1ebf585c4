{{- define "pipeline.name" -}}
{{ .Values.name | default .Release.Name }}
{{- end -}}

{{/* Labels and annotations of every object. */}}
{{- define "pipeline.metadata" -}}
labels:
  app.kubernetes.io/part-of: kafkapipelines
  app.kubernetes.io/managed-by: {{ .Release.Service }}
  helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
  {{- with .Values.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
