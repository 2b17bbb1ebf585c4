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

// A store that tells of each document says some hundred bytes of it.
const largestAnswer = 64 << 20

// A sink that speaks HTTP: batches of lines, each a request that is tried until it is taken or given up.
type httpSink struct {
	settings   component
	store      store
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
		store:    settings.store(),
		client: http.Client{
			Transport:     transport,
			Timeout:       settings.Request.timeout(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		delivering: delivering,
		metrics:    metrics,
		labels:     labels(id, "sink", settings.Type),
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
	sent, body := batch, s.body(batch)
	backoff := s.settings.Request.backoff()
	for attempt := 0; ; attempt++ {
		answer := s.post(body)
		if s.delivering.Err() != nil {
			return
		}
		again, outcome := s.store.judge(answer, sent)
		if outcome == delivered {
			s.metrics.add("component_sent_events_total", len(sent), s.labels...)
			settle(batch, delivered)
			return
		}
		if len(again) == 0 || attempt >= s.settings.Request.retries() {
			s.giveUp(batch, answer, outcome)
			return
		}
		if len(again) < len(sent) {
			sent, body = again, s.body(again)
		}
		pause := backoff.next()
		slog.Warn("refused: trying again", "sink", s.labels[1], "answer", answer, "pause", pause, "lines", len(sent))
		select {
		case <-s.delivering.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (s *httpSink) body(batch []event) []byte {
	return s.compress(s.store.frame(batch))
}

// As Vector counts: all lines of the request, also those that the store took; what was answered with 5xx is not among the discarded events.
func (s *httpSink) giveUp(batch []event, answer answer, outcome status) {
	slog.Error("given up: these lines are lost", "sink", s.labels[1], "answer", answer, "lines", len(batch))
	s.metrics.add("component_errors_total", 1, append(s.labels, "error_type", "request_failed", "stage", "sending")...)
	if outcome == rejected {
		s.metrics.add("component_discarded_events_total", len(batch), append(s.labels, "intentional", "false")...)
	}
	settle(batch, outcome)
}

func settle(batch []event, outcome status) {
	for _, event := range batch {
		event.settle(outcome)
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
	var said bytes.Buffer
	if _, err := said.ReadFrom(http.MaxBytesReader(nil, response.Body, largestAnswer)); err != nil {
		return answer{err: err}
	}
	s.metrics.add("http_client_responses_total", 1, append(s.labels, "status", strconv.Itoa(response.StatusCode))...)
	return answer{status: response.StatusCode, body: said.Bytes()}
}
