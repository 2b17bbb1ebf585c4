package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
)

// What was stored, of lines with a field `number`: how often each number came, and nothing else.
type store struct {
	mutex   sync.Mutex
	numbers map[int]int
	// Lines by the value of their field `version`.
	versions map[string]int
	// Lines that were not stored, by reason.
	dropped map[string]int
}

func newStore() *store {
	return &store{numbers: map[int]int{}, versions: map[string]int{}, dropped: map[string]int{}}
}

// False for a line that counts as a bad one of its request.
func (s *store) take(text []byte, names names) bool {
	line, why, refused := judge(text, names)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if why != "" {
		s.dropped[why]++
		return !refused
	}
	if number, ok := line["number"].(float64); ok {
		s.numbers[int(number)]++
	}
	s.versions[fmt.Sprint(line["version"])]++
	return true
}

type summary struct {
	Distinct   int            `json:"distinct"`
	Duplicates int            `json:"duplicates"`
	Versions   map[string]int `json:"versions"`
	Dropped    map[string]int `json:"dropped"`
}

func (s *store) summary() summary {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := summary{Distinct: len(s.numbers), Versions: maps.Clone(s.versions), Dropped: maps.Clone(s.dropped)}
	for _, times := range s.numbers {
		found.Duplicates += times - 1
	}
	return found
}

// Which of the numbers below count are not stored.
func (s *store) missing(count int) []int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	missing := []int{}
	for number := range count {
		if s.numbers[number] == 0 {
			missing = append(missing, number)
		}
	}
	return missing
}

// How often a line with the number came.
func (s *store) times(number int) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.numbers[number]
}

func (s *store) metrics(answer http.ResponseWriter, _ *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, reason := range slices.Sorted(maps.Keys(s.dropped)) {
		fmt.Fprintf(answer, "vl_rows_dropped_total{reason=%q} %d\n", reason, s.dropped[reason])
	}
}
