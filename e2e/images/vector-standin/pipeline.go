package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// An event on its way into a sink.
type event struct {
	arrival
	lines []*message
}

func (e event) settle(outcome status) {
	for _, line := range e.lines {
		line.settle(outcome)
	}
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
	source *source
	chain  *chain
	sinks  map[string]sink
	held   held
	// How long lines are held back at most; nothing where no transform does.
	holding time.Duration
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
	p := &pipeline{source: source, chain: chain, sinks: map[string]sink{}, held: held{}, holding: config.holding(), metrics: metrics}
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
	case "http", elasticsearchType:
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
	flushed := time.Now()
	for reading.Err() == nil {
		messages := p.next(reading)
		if time.Since(flushed) > p.holding {
			if err := p.flush(sending); err != nil {
				return err
			}
			flushed = time.Now()
		}
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
	return errors.Join(p.flush(sending), reading.Err())
}

// The next messages; none when nothing came for as long as lines may be held back.
func (p *pipeline) next(reading context.Context) []*message {
	if p.holding == 0 {
		return p.source.read(reading)
	}
	waiting, cancel := context.WithTimeout(reading, p.holding)
	defer cancel()
	return p.source.read(waiting)
}

func (p *pipeline) deliver(ctx context.Context, messages []*message, arrivals [][]arrival) error {
	labels := append(p.source.labels, "output", "_default")
	for i, message := range messages {
		p.metrics.set("source_buffer_utilization_level", len(messages)-i, labels...)
		p.held.add(message)
		if err := p.send(ctx, arrivals[i], message); err != nil {
			return err
		}
		if p.holding == 0 {
			p.held.release(message)
		}
	}
	p.metrics.set("source_buffer_utilization_level", 0, labels...)
	return nil
}

// Lets the transforms hold nothing back any more.
func (p *pipeline) flush(ctx context.Context) error {
	if len(p.held) == 0 {
		return nil
	}
	arrivals, err := p.chain.finish()
	if err != nil {
		return fmt.Errorf("transforms: %w", err)
	}
	if err := p.send(ctx, arrivals, nil); err != nil {
		return err
	}
	for _, line := range p.held {
		p.held.release(line)
	}
	return nil
}

// Gives events to their sinks. What they are made of waits for them, and for nothing else.
func (p *pipeline) send(ctx context.Context, arrivals []arrival, own *message) error {
	var made []*message
	for _, arrival := range arrivals {
		sink := p.sinks[arrival.Sink]
		if sink == nil {
			return fmt.Errorf("no sink %q", arrival.Sink)
		}
		event := event{arrival, p.held.linesOf(arrival, own)}
		made = append(made, event.lines...)
		if err := sink.take(ctx, event); err != nil {
			return err
		}
	}
	for _, line := range made {
		p.held.release(line)
	}
	return nil
}
