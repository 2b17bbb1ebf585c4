package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

const (
	elasticsearchType = "elasticsearch"
	dataStreamMode    = "data_stream"
)

// Elasticsearch and OpenSearch, by `_bulk`: the store says of each document what became of it.
type elasticsearch struct {
	component
}

// Documents, each after a line that says where to.
func (s elasticsearch) frame(batch []event) []byte {
	action, _ := json.Marshal(s.action())
	var body bytes.Buffer
	for _, event := range batch {
		body.Write(action)
		body.WriteByte('\n')
		body.Write(s.document(event.Payload))
		body.WriteByte('\n')
	}
	return body.Bytes()
}

func (s elasticsearch) action() map[string]map[string]string {
	if s.Mode == dataStreamMode {
		index := strings.Join(s.DataStream.parts(), "-")
		return map[string]map[string]string{"create": {"_index": index}}
	}
	return map[string]map[string]string{cmp.Or(s.Bulk.Action, "index"): {"_index": s.Bulk.Index}}
}

type dataStream struct {
	Type      string `yaml:"type"`
	Dataset   string `yaml:"dataset"`
	Namespace string `yaml:"namespace"`
}

func (d dataStream) parts() []string {
	return []string{cmp.Or(d.Type, "logs"), cmp.Or(d.Dataset, "generic"), cmp.Or(d.Namespace, "default")}
}

// A document of a data stream has the parts of its name.
func (s elasticsearch) document(payload []byte) []byte {
	fields := map[string]any{}
	if s.Mode != dataStreamMode || json.Unmarshal(payload, &fields) != nil {
		return payload
	}
	parts := s.DataStream.parts()
	fields["data_stream"] = map[string]string{"type": parts[0], "dataset": parts[1], "namespace": parts[2]}
	document, _ := json.Marshal(fields)
	return document
}

// The retry logic of Vector's sink: what a store refuses for overload is tried again, each document by itself where the file says so.
func (s elasticsearch) judge(answer answer, sent []event) ([]event, status) {
	if !answer.taken() {
		if (retryStrategy{}).again(answer) && answer.status != http.StatusRequestTimeout {
			return sent, answer.refusal()
		}
		return nil, answer.refusal()
	}
	// As Vector looks for it, in the text of the answer.
	if !bytes.Contains(answer.body, []byte(`"errors":true`)) {
		return nil, delivered
	}
	if !s.RequestRetryPartial {
		return nil, rejected
	}
	return overloaded(answer.body, sent), rejected
}

// The documents that the store may take later. Those that it never will are left out, and nothing counts them if there are others.
func overloaded(body []byte, sent []event) (again []event) {
	var bulk struct {
		Items []map[string]struct {
			Status int `json:"status"`
		} `json:"items"`
	}
	if json.Unmarshal(body, &bulk) != nil || len(bulk.Items) != len(sent) {
		return nil
	}
	for i, item := range bulk.Items {
		for _, result := range item {
			if result.Status == http.StatusTooManyRequests || result.Status/100 == 5 {
				again = append(again, sent[i])
			}
		}
	}
	return slices.Clip(again)
}
