package main

// Where a line came from.
type origin struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

// Lines that no sink has yet: the chain has them in its hands, or `reduce` holds them back. Their offsets wait.
type held map[origin]*message

func (m *message) origin() origin {
	return origin{m.record.Topic, m.record.Partition, m.record.Offset}
}

func (h held) add(message *message) {
	h[message.origin()] = message
}

// The lines that an event is made of: as many as it names, or `own` alone. Each is settled with the event, too.
func (h held) linesOf(arrival arrival, own *message) []*message {
	if len(arrival.Lines) == 0 {
		if own == nil {
			return nil
		}
		own.hold()
		return []*message{own}
	}
	var lines []*message
	for _, origin := range arrival.Lines {
		if line := h[origin]; line != nil {
			line.hold()
			lines = append(lines, line)
		}
	}
	return lines
}

// Nothing more will be made of the line.
func (h held) release(message *message) {
	if h[message.origin()] == message {
		delete(h, message.origin())
		message.settle(delivered)
	}
}
