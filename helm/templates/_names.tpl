{{/* SPDX-License-Identifier: Apache-2.0 */}}

{{/* What finds the coordinator's pods again; never changes, because a Deployment's selector cannot. */}}
{{- define "coordinator.selector" -}}
app.kubernetes.io/name: marblerun-coordinator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "coordinator.version" -}}
{{ .Values.coordinator.version | default .Chart.AppVersion }}
{{- end }}

{{- define "coordinator.labels" -}}
{{ include "coordinator.selector" . }}
app.kubernetes.io/part-of: marblemesh
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ include "coordinator.version" . | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{ .Values.global.coordinatorComponentLabel }}: coordinator
{{ .Values.global.coordinatorNamespaceLabel }}: {{ .Release.Namespace }}
{{- end }}

{{- define "coordinator.image" -}}
{{- $c := .Values.coordinator -}}
{{- with $c.repository }}{{ . }}/{{ end -}}
{{- $c.image | default (ternary "meshd-sim" "meshd" $c.simulation) }}:{{ include "coordinator.version" . -}}
{{- with $c.hash }}@{{ . }}{{ end -}}
{{- end }}

{{/* Names for the certificate: what was asked for, then where the services are found. */}}
{{- define "coordinator.hostnames" -}}
{{- $names := list -}}
{{- with .Values.coordinator.hostname }}{{ $names = append $names . }}{{ end -}}
{{- $names = append $names "localhost" -}}
{{- range list "coordinator-mesh-api" "coordinator-client-api" -}}
{{- $names = concat $names (list . (printf "%s.%s" . $.Release.Namespace) (printf "%s.%s.svc.cluster.local" . $.Release.Namespace)) -}}
{{- end -}}
{{- join "," $names -}}
{{- end }}
