{{/* A KafkaNodePool or Consumer of the pipeline: its spec is the value as it is. */}}
{{- define "pipeline.member" -}}
---
apiVersion: kafkapipelines.io/v1alpha1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  namespace: {{ .chart.Release.Namespace }}
  {{- include "pipeline.metadata" .chart | nindent 2 }}
spec:
  pipeline: {{ include "pipeline.name" .chart }}
  {{- toYaml .spec | nindent 2 }}
{{- end -}}
