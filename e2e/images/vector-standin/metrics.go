package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Counts under Vector's names; a series is absent until it is first counted, as in Vector.
type metrics struct {
	mutex  sync.Mutex
	values map[string]map[string]int // by name, then by labels
	gauges []func()
}

func newMetrics() *metrics {
	return &metrics{values: map[string]map[string]int{}}
}

// Vector's labels of a component, the id's value second.
func labels(id, kind, of string) []string {
	all := []string{"component_id", id, "component_kind", kind, "component_type", of}
	return all[:len(all):len(all)]
}

func (m *metrics) add(name string, value int, labels ...string) {
	if value == 0 {
		return
	}
	m.update(name, labels, func(old int) int { return old + value })
}

func (m *metrics) set(name string, value int, labels ...string) {
	m.update(name, labels, func(int) int { return value })
}

// A value that is read when it is asked for.
func (m *metrics) gauge(name string, value func() int, labels ...string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.gauges = append(m.gauges, func() { m.set(name, value(), labels...) })
}

func (m *metrics) update(name string, labels []string, change func(int) int) {
	pairs := make([]string, 0, len(labels)/2)
	for pair := range slices.Chunk(labels, 2) {
		pairs = append(pairs, fmt.Sprintf("%s=%q", pair[0], pair[1]))
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.values[name] == nil {
		m.values[name] = map[string]int{}
	}
	key := strings.Join(pairs, ",")
	m.values[name][key] = change(m.values[name][key])
}

func (m *metrics) ServeHTTP(answer http.ResponseWriter, _ *http.Request) {
	answer.Header().Set("Content-Type", "text/plain; version=0.0.4")
	m.mutex.Lock()
	gauges := m.gauges
	m.mutex.Unlock()
	for _, gauge := range gauges {
		gauge()
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, name := range slices.Sorted(maps.Keys(m.values)) {
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		fmt.Fprintf(answer, "# TYPE vector_%s %s\n", name, kind)
		for _, labels := range slices.Sorted(maps.Keys(m.values[name])) {
			fmt.Fprintf(answer, "vector_%s{%s} %d\n", name, labels, m.values[name][labels])
		}
	}
}
