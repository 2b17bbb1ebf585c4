{{/* The rules of `files/rbac/<file>` as a Role or ClusterRole, bound to the operator. */}}
{{- define "operator.grant" -}}
{{- $binding := printf "%sBinding" .kind -}}
{{- range $kind := list .kind $binding }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ $.name }}
  {{- if hasPrefix "Role" $kind }}
  namespace: {{ $.chart.Release.Namespace }}
  {{- end }}
  {{- include "operator.metadata" $.chart | nindent 2 }}
{{- if eq $kind $binding }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $.kind }}
  name: {{ $.name }}
subjects:
  - kind: ServiceAccount
    name: {{ include "operator.serviceAccountName" $.chart }}
    namespace: {{ $.chart.Release.Namespace }}
{{- else }}
rules:
  {{- ($.chart.Files.Get (printf "files/rbac/%s" $.file) | fromYaml).rules | toYaml | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
