package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/twmb/franz-go/pkg/kgo"
)

const batchRecords = 500

// From the kafka source to the http sink, and to the dead-letter topic for what is no JSON object.
type pipeline struct {
	sourceID string
	consumer *kgo.Client
	dlqID    string
	dlq      *kgo.Client // nil when the file has no kafka sink
	store    *store
	metrics  *metrics
}

func newPipeline(config *config, metrics *metrics) (*pipeline, error) {
	sourceID, source, ok := only(config.Sources, "kafka")
	if !ok {
		return nil, fmt.Errorf("the stand-in needs a source of type kafka")
	}
	storeID, sink, ok := only(config.Sinks, "http")
	if !ok {
		return nil, fmt.Errorf("the stand-in needs a sink of type http")
	}
	consumer, err := newConsumer(source)
	if err != nil {
		return nil, fmt.Errorf("sources.%s: %w", sourceID, err)
	}
	p := &pipeline{sourceID: sourceID, consumer: consumer, store: newStore(storeID, sink, metrics), metrics: metrics}
	if id, sink, ok := only(config.Sinks, "kafka"); ok {
		p.dlqID = id
		if p.dlq, err = newProducer(sink); err != nil {
			return nil, fmt.Errorf("sinks.%s: %w", id, err)
		}
	}
	return p, nil
}

// Ends when `reading` does and the batch in hand is delivered, or when `delivering` ends.
func (p *pipeline) run(reading, delivering context.Context) {
	for reading.Err() == nil {
		fetches := p.consumer.PollRecords(reading, batchRecords)
		fetches.EachError(func(topic string, partition int32, err error) {
			if reading.Err() == nil {
				slog.Warn("cannot read", "topic", topic, "partition", partition, "error", err)
			}
		})
		if records := fetches.Records(); len(records) > 0 {
			p.deliver(delivering, records)
		}
		p.consumer.AllowRebalance()
	}
	p.consumer.CloseAllowingRebalance()
}

// Commits only what the store or the dead-letter topic has taken.
func (p *pipeline) deliver(ctx context.Context, records []*kgo.Record) {
	p.metrics.add("component_received_events_total", len(records), "component_id", p.sourceID, "component_kind", "source", "component_type", "kafka")
	var lines bytes.Buffer
	count := 0
	for _, record := range records {
		if line, err := p.line(record); err == nil {
			lines.Write(line)
			lines.WriteByte('\n')
			count++
		} else if err := p.deadLetter(ctx, record, err); err != nil {
			slog.Error("ended before the dead-letter topic took a line: not committed")
			return
		}
	}
	if err := p.store.send(ctx, lines.Bytes(), count); err != nil {
		slog.Error("ended before the store took a batch: not committed")
		return
	}
	if err := p.consumer.CommitRecords(ctx, records...); err != nil {
		slog.Warn("not committed: these lines will be sent again", "error", err)
	}
}

// The line for the store: the payload as it is when it is a JSON object. An error sends it to the dead letter.
func (p *pipeline) line(record *kgo.Record) ([]byte, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(record.Value, &object); err == nil && object != nil {
		var line bytes.Buffer
		err := json.Compact(&line, record.Value)
		return line.Bytes(), err
	}
	if p.dlq == nil {
		return json.Marshal(map[string]string{"message": string(record.Value)})
	}
	return nil, fmt.Errorf("not a JSON object")
}

func (p *pipeline) deadLetter(ctx context.Context, record *kgo.Record, reason error) error {
	header := func(name, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: name, Value: []byte(value)} }
	headers := append(record.Headers[:len(record.Headers):len(record.Headers)],
		header("dlq.error", reason.Error()),
		header("dlq.component", "stand-in"),
		header("dlq.topic", record.Topic),
		header("dlq.partition", strconv.Itoa(int(record.Partition))),
		header("dlq.offset", strconv.FormatInt(record.Offset, 10)))
	letter := &kgo.Record{Key: record.Key, Value: record.Value, Headers: headers}
	err := untilTaken(ctx, func() error { return p.dlq.ProduceSync(ctx, letter).FirstErr() })
	if err != nil {
		return err
	}
	p.metrics.add("component_sent_events_total", 1, "component_id", p.dlqID, "component_kind", "sink", "component_type", "kafka")
	return nil
}
