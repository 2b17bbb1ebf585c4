package main

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The sink of type kafka. The client tries again by itself, for as long as the file says.
type kafkaSink struct {
	client     *kgo.Client
	delivering context.Context
	metrics    *metrics
	labels     []string
}

func newKafkaSink(delivering context.Context, id string, settings component, metrics *metrics) (*kafkaSink, error) {
	client, err := newProducer(settings)
	if err != nil {
		return nil, err
	}
	s := &kafkaSink{client: client, delivering: delivering, metrics: metrics, labels: labels(id, "sink", "kafka")}
	metrics.gauge("kafka_queue_messages", func() int { return int(client.BufferedProduceRecords()) }, s.labels...)
	return s, nil
}

// Blocks while the client's queue is full.
func (s *kafkaSink) take(ctx context.Context, taken event) error {
	s.metrics.add("component_received_events_total", 1, s.labels...)
	record := &kgo.Record{Key: taken.Key, Value: taken.Payload}
	for name, value := range taken.Headers {
		record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: value})
	}
	s.client.Produce(s.delivering, record, func(_ *kgo.Record, err error) { s.settle(taken, err) })
	return ctx.Err()
}

// What Kafka refuses is lost, as in Vector; what was not sent before the end is not committed.
func (s *kafkaSink) settle(taken event, err error) {
	switch {
	case err == nil:
		s.metrics.add("component_sent_events_total", 1, s.labels...)
		taken.settle(delivered)
	case s.delivering.Err() == nil:
		slog.Error("given up: this line is lost", "sink", s.labels[1], "error", err)
		s.metrics.add("component_errors_total", 1, append(s.labels, "error_type", "request_failed", "stage", "sending")...)
		s.metrics.add("component_discarded_events_total", 1, append(s.labels, "intentional", "false")...)
		taken.settle(rejected)
	}
}

func (s *kafkaSink) finish() {
	if err := s.client.Flush(s.delivering); err != nil {
		slog.Error("ended before Kafka took all lines: not committed", "sink", s.labels[1])
	}
	s.client.Close()
}
