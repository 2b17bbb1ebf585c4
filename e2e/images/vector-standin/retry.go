package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// What became of a request: a status, or the error that there is none for.
type answer struct {
	status int
	body   []byte
	err    error
}

func (a answer) taken() bool {
	return a.status/100 == 2
}

func (a answer) String() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("status %d", a.status)
}

// What became of events that are given up: Vector counts those that were answered with 5xx apart.
func (a answer) refusal() status {
	if a.status/100 == 5 {
		return errored
	}
	return rejected
}

// Which answers are worth another try.
type retryStrategy struct {
	Type        string `yaml:"type"`
	StatusCodes []int  `yaml:"status_codes"`
}

var retryStrategies = []string{"", "default", "all", "none", "custom"}

func (s retryStrategy) again(a answer) bool {
	switch s.Type {
	case "none":
		return false
	case "all":
		return true
	case "custom":
		return a.err != nil || slices.Contains(s.StatusCodes, a.status)
	}
	again := []int{http.StatusRequestTimeout, http.StatusTooManyRequests}
	return a.err != nil || slices.Contains(again, a.status) || a.status/100 == 5 && a.status != http.StatusNotImplemented
}

// Pauses as long as Fibonacci's numbers, each cut at random.
type backoff struct {
	last, current, longest time.Duration
}

func (b *backoff) next() time.Duration {
	pause := rand.N(b.current + 1)
	b.last, b.current = b.current, min(b.last+b.current, b.longest)
	return pause
}
