package main

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What a sink says of an event, the worst last.
type status int

const (
	delivered status = iota
	errored
	rejected
)

// A message of Kafka on its way; it is settled when all events that were made of it are.
type message struct {
	record    *kgo.Record
	partition *partition
	open      int
	worst     status
}

// An assigned partition: its messages in the order in which they are acknowledged, a pending one before all later ones.
type partition struct {
	mutex   sync.Mutex
	waiting []*message
	// Set when the partition is no longer this member's: what is settled then counts for nobody.
	given bool
	// Lets the offset after a record be committed.
	mark func(*kgo.Record)
}

// A message that is settled by one call of `settle` and one more for each of `hold`.
func (p *partition) add(record *kgo.Record) *message {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	added := &message{record: record, partition: p, open: 1}
	p.waiting = append(p.waiting, added)
	return added
}

// Waits for one more event.
func (m *message) hold() {
	m.partition.mutex.Lock()
	defer m.partition.mutex.Unlock()
	m.open++
}

// Acknowledges one event. As in Vector, a message that was not delivered is skipped: the next delivered one of its partition
// has a higher offset, which is committed past it.
func (m *message) settle(outcome status) {
	p := m.partition
	p.mutex.Lock()
	defer p.mutex.Unlock()
	m.open--
	m.worst = max(m.worst, outcome)
	var last *kgo.Record
	for len(p.waiting) > 0 && p.waiting[0].open == 0 {
		if p.waiting[0].worst == delivered {
			last = p.waiting[0].record
		}
		p.waiting = p.waiting[1:]
	}
	if last != nil && !p.given {
		p.mark(last)
	}
}

func (p *partition) pending() int {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return len(p.waiting)
}

func (p *partition) give() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.given = true
}
