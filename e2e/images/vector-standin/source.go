package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	recordsAtOnce = 1000
	drainStep     = 10 * time.Millisecond
)

// The kafka source: reads, and commits what the sinks have taken.
type source struct {
	client       *kgo.Client
	drainTimeout time.Duration
	metrics      *metrics
	labels       []string
	mutex        sync.Mutex
	partitions   map[place]*partition
}

type place struct {
	topic  string
	number int32
}

func newSource(id string, settings component, metrics *metrics) (*source, error) {
	s := &source{
		drainTimeout: settings.drainTimeout(),
		metrics:      metrics,
		labels:       labels(id, "source", "kafka"),
		partitions:   map[place]*partition{},
	}
	client, err := newConsumer(settings, kgo.OnPartitionsAssigned(s.assigned), kgo.OnPartitionsRevoked(s.revoked), kgo.OnPartitionsLost(s.lost))
	s.client = client
	return s, err
}

// The next messages; none when ctx ended or nothing could be read.
func (s *source) read(ctx context.Context) []*message {
	fetches := s.client.PollRecords(ctx, recordsAtOnce)
	fetches.EachError(func(topic string, number int32, err error) {
		if ctx.Err() == nil {
			slog.Warn("cannot read", "topic", topic, "partition", number, "error", err)
			s.metrics.add("component_errors_total", 1, append(s.labels, "error_code", "reading_message")...)
		}
	})
	var messages []*message
	fetches.EachRecord(func(record *kgo.Record) {
		if of := s.partition(record); of != nil {
			messages = append(messages, of.add(record))
		}
	})
	s.metrics.add("component_received_events_total", len(messages), s.labels...)
	return messages
}

// Nothing when the partition was taken away since the record was read.
func (s *source) partition(record *kgo.Record) *partition {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.partitions[place{record.Topic, record.Partition}]
}

func (s *source) assigned(_ context.Context, client *kgo.Client, given map[string][]int32) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for topic, numbers := range given {
		for _, number := range numbers {
			mark := func(record *kgo.Record) { client.MarkCommitRecords(record) }
			s.partitions[place{topic, number}] = &partition{mark: mark}
		}
	}
}

// A rebalance takes partitions away: waits for what is under way, then commits. What is left is read again by their next owner.
func (s *source) revoked(ctx context.Context, client *kgo.Client, taken map[string][]int32) {
	leaving := s.these(taken)
	s.drain(leaving)
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		slog.Warn("not committed: these lines will be sent again", "error", err)
		s.metrics.add("component_errors_total", 1, append(s.labels, "error_code", "kafka_offset_update")...)
	}
	s.forget(taken)
}

// Nothing can be committed any more.
func (s *source) lost(_ context.Context, _ *kgo.Client, taken map[string][]int32) {
	s.forget(taken)
}

func (s *source) these(taken map[string][]int32) []*partition {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var found []*partition
	for topic, numbers := range taken {
		for _, number := range numbers {
			if partition := s.partitions[place{topic, number}]; partition != nil {
				found = append(found, partition)
			}
		}
	}
	return found
}

func (s *source) forget(taken map[string][]int32) {
	for _, partition := range s.these(taken) {
		partition.give()
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for topic, numbers := range taken {
		for _, number := range numbers {
			delete(s.partitions, place{topic, number})
		}
	}
}

// Waits until all messages are settled, at most for the drain timeout.
func (s *source) drain(partitions []*partition) {
	for deadline := time.Now().Add(s.drainTimeout); time.Now().Before(deadline); time.Sleep(drainStep) {
		if pending(partitions) == 0 {
			return
		}
	}
	slog.Warn("not drained in time: these lines will be sent again", "lines", pending(partitions))
}

func pending(partitions []*partition) (sum int) {
	for _, partition := range partitions {
		sum += partition.pending()
	}
	return sum
}

// Drains all partitions, commits, and leaves the group: leaving takes them away. Reading has ended before.
func (s *source) close() {
	s.client.Close()
}
