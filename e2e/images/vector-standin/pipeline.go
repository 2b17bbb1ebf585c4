package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// An event on its way into a sink.
type event struct {
	arrival
	message *message
}

// Where events end.
type sink interface {
	// Blocks while the sink's buffer is full; an error says that ctx ended first.
	take(ctx context.Context, taken event) error
	// Returns when all that was taken is settled, or delivering has ended.
	finish()
}

// From the kafka source through the transforms to the sinks.
type pipeline struct {
	source  *source
	chain   *chain
	sinks   map[string]sink
	metrics *metrics
}

// `delivering` ends when nothing more may be sent.
func newPipeline(delivering context.Context, config *config, chain *chain, metrics *metrics) (*pipeline, error) {
	id, settings, ok := only(config.Sources, "kafka")
	if !ok {
		return nil, fmt.Errorf("the stand-in needs a source of type kafka")
	}
	source, err := newSource(id, settings, metrics)
	if err != nil {
		return nil, fmt.Errorf("sources.%s: %w", id, err)
	}
	p := &pipeline{source: source, chain: chain, sinks: map[string]sink{}, metrics: metrics}
	for _, id := range slices.Sorted(maps.Keys(config.Sinks)) {
		made, err := newSink(delivering, id, config.Sinks[id], metrics)
		if err != nil {
			return nil, fmt.Errorf("sinks.%s: %w", id, err)
		}
		if made != nil {
			p.sinks[id] = made
		}
	}
	return p, nil
}

// Nothing for what takes no lines.
func newSink(delivering context.Context, id string, settings component, metrics *metrics) (sink, error) {
	switch settings.Type {
	case "http":
		return newHTTPSink(delivering, id, settings, metrics)
	case "kafka":
		return newKafkaSink(delivering, id, settings, metrics)
	default:
		return nil, nil
	}
}

// Reads until `reading` ends; then the source waits for the sinks for its drain timeout, and the sinks go on until `delivering` ends.
func (p *pipeline) run(reading, delivering context.Context) error {
	sending, stopSending := context.WithCancel(delivering)
	defer stopSending()
	read, ended := context.WithCancelCause(context.Background())
	go func() { ended(p.read(reading, sending)) }()
	select {
	case <-read.Done():
		return context.Cause(read)
	case <-reading.Done():
	}
	p.source.close()
	stopSending()
	<-read.Done()
	var finishing sync.WaitGroup
	for _, sink := range p.sinks {
		finishing.Go(sink.finish)
	}
	finishing.Wait()
	return nil
}

// Ends by itself only with an error: the chain has died.
func (p *pipeline) read(reading, sending context.Context) error {
	for reading.Err() == nil {
		messages := p.source.read(reading)
		if len(messages) == 0 {
			continue
		}
		arrivals, err := p.chain.pass(messages)
		if err != nil {
			return fmt.Errorf("transforms: %w", err)
		}
		if err := p.deliver(sending, messages, arrivals); err != nil {
			return err
		}
	}
	return reading.Err()
}

func (p *pipeline) deliver(ctx context.Context, messages []*message, arrivals [][]arrival) error {
	labels := append(p.source.labels, "output", "_default")
	for i, message := range messages {
		p.metrics.set("source_buffer_utilization_level", len(messages)-i, labels...)
		message.expect(len(arrivals[i]))
		for _, arrival := range arrivals[i] {
			sink := p.sinks[arrival.Sink]
			if sink == nil {
				return fmt.Errorf("no sink %q", arrival.Sink)
			}
			if err := sink.take(ctx, event{arrival, message}); err != nil {
				return err
			}
		}
	}
	p.metrics.set("source_buffer_utilization_level", 0, labels...)
	return nil
}
