package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	answerLimit  = 60 * time.Second
	longestPause = 10 * time.Second
)

// The sink of type http: POSTs lines until an answer is 2xx.
type store struct {
	id, uri string
	client  http.Client
	metrics *metrics
	labels  []string
}

func newStore(id string, sink component, metrics *metrics) *store {
	labels := []string{"component_id", id, "component_kind", "sink", "component_type", "http"}
	return &store{id: id, uri: sink.URI, client: http.Client{Timeout: answerLimit}, metrics: metrics, labels: labels}
}

// Ends without the store's consent only when ctx does.
func (s *store) send(ctx context.Context, lines []byte, count int) error {
	if count == 0 {
		return nil
	}
	s.metrics.set("buffer_size_events", count, "buffer_id", s.id)
	defer s.metrics.set("buffer_size_events", 0, "buffer_id", s.id)
	err := untilTaken(ctx, func() error { return s.post(ctx, lines) })
	if err == nil {
		s.metrics.add("component_sent_events_total", count, s.labels...)
	}
	return err
}

func (s *store) post(ctx context.Context, lines []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.uri, bytes.NewReader(lines))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	answer, err := s.client.Do(request)
	if err != nil {
		s.metrics.add("http_client_errors_total", 1, append(s.labels, "error_kind", "connection error")...)
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	s.metrics.add("http_client_responses_total", 1, append(s.labels, "status", strconv.Itoa(answer.StatusCode))...)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// Tries again for ever, with longer and longer pauses; an error says that ctx ended first.
func untilTaken(ctx context.Context, try func() error) error {
	for pause := time.Second; ; pause = min(2*pause, longestPause) {
		err := try()
		if err == nil {
			return nil
		}
		slog.Warn("refused: trying again", "error", err, "pause", pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
