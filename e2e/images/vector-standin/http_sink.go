package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Requests that are under way at the same time where the file leaves it to Vector, which adapts.
const requestsAtOnce = 4

// The sink of type http: batches of lines, each a request that is tried until it is taken or its strategy gives it up.
type httpSink struct {
	settings   component
	client     http.Client
	delivering context.Context
	metrics    *metrics
	labels     []string
	compress   func([]byte) []byte
	buffer     chan event
	slots      chan struct{}
	done       chan struct{}
}

func newHTTPSink(delivering context.Context, id string, settings component, metrics *metrics) (*httpSink, error) {
	compress, err := compressor(settings.Compression)
	if err != nil {
		return nil, err
	}
	transport, err := settings.transport()
	if err != nil {
		return nil, err
	}
	s := &httpSink{
		settings: settings,
		client: http.Client{
			Transport:     transport,
			Timeout:       settings.Request.timeout(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		delivering: delivering,
		metrics:    metrics,
		labels:     labels(id, "sink", "http"),
		compress:   compress,
		buffer:     make(chan event, settings.Buffer.maxEvents()),
		slots:      make(chan struct{}, settings.Request.concurrency()),
		done:       make(chan struct{}),
	}
	metrics.gauge("buffer_size_events", func() int { return len(s.buffer) }, append(s.labels, "buffer_id", id)...)
	go s.run()
	return s, nil
}

func (s *httpSink) take(ctx context.Context, taken event) error {
	select {
	case s.buffer <- taken:
		s.metrics.add("component_received_events_total", 1, s.labels...)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *httpSink) finish() {
	close(s.buffer)
	<-s.done
}

func (s *httpSink) run() {
	defer close(s.done)
	var requests sync.WaitGroup
	for open := true; open; {
		var batch []event
		if batch, open = s.batch(); len(batch) == 0 {
			continue
		}
		s.slots <- struct{}{}
		requests.Go(func() {
			s.send(batch)
			<-s.slots
		})
	}
	requests.Wait()
}

// Events up to a request's size, or until its time is over; false when there will be no more.
func (s *httpSink) batch() (batch []event, open bool) {
	first, open := <-s.buffer
	if !open {
		return nil, false
	}
	batch = []event{first}
	timeout := time.After(s.settings.Batch.timeout())
	for size := len(first.Payload) + 1; size < s.settings.Batch.maxBytes() && len(batch) < s.settings.Batch.maxEvents(); {
		select {
		case next, open := <-s.buffer:
			if !open {
				return batch, false
			}
			batch = append(batch, next)
			size += len(next.Payload) + 1
		case <-timeout:
			return batch, true
		}
	}
	return batch, true
}

// Settles all events of a batch; none when delivering ended first.
func (s *httpSink) send(batch []event) {
	body := s.compress(s.settings.frame(batch))
	backoff := s.settings.Request.backoff()
	for attempt := 0; ; attempt++ {
		answer := s.post(body)
		if s.delivering.Err() != nil {
			return
		}
		if answer.taken() {
			s.metrics.add("component_sent_events_total", len(batch), s.labels...)
			settle(batch, delivered)
			return
		}
		if attempt >= s.settings.Request.retries() || !s.settings.RetryStrategy.again(answer) {
			s.giveUp(batch, answer)
			return
		}
		pause := backoff.next()
		slog.Warn("refused: trying again", "sink", s.labels[1], "answer", answer, "pause", pause)
		select {
		case <-s.delivering.Done():
			return
		case <-time.After(pause):
		}
	}
}

// As Vector counts: what was answered with 5xx is not among the discarded events.
func (s *httpSink) giveUp(batch []event, answer answer) {
	slog.Error("given up: these lines are lost", "sink", s.labels[1], "answer", answer, "lines", len(batch))
	s.metrics.add("component_errors_total", 1, append(s.labels, "error_type", "request_failed", "stage", "sending")...)
	if answer.status/100 == 5 {
		settle(batch, errored)
		return
	}
	s.metrics.add("component_discarded_events_total", len(batch), append(s.labels, "intentional", "false")...)
	settle(batch, rejected)
}

func settle(batch []event, outcome status) {
	for _, event := range batch {
		event.message.settle(outcome)
	}
}

func (s *httpSink) post(body []byte) answer {
	request, err := s.settings.newRequest(s.delivering, body)
	if err != nil {
		return answer{err: err}
	}
	response, err := s.client.Do(request)
	if err != nil {
		var timeout interface{ Timeout() bool }
		late := errors.As(err, &timeout) && timeout.Timeout()
		// A request that times out has no metric in Vector either.
		if !late {
			s.metrics.add("http_client_errors_total", 1, append(s.labels, "error_kind", "connection error")...)
		}
		return answer{err: err}
	}
	defer response.Body.Close()
	var begin bytes.Buffer
	if _, err := begin.ReadFrom(http.MaxBytesReader(nil, response.Body, 1<<20)); err != nil {
		return answer{err: err}
	}
	s.metrics.add("http_client_responses_total", 1, append(s.labels, "status", strconv.Itoa(response.StatusCode))...)
	return answer{status: response.StatusCode}
}
