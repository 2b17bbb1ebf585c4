package main

// How a kind of store is spoken to.
type store interface {
	// The body of a request with these events, before it is compressed.
	frame(batch []event) []byte
	// What the store's answer says of the events that were sent: those to try again, or else what became of them.
	judge(answer answer, sent []event) (again []event, outcome status)
}

// A server that takes lines: what it says is its status alone.
type lineStore struct {
	component
}

func (s lineStore) judge(answer answer, sent []event) ([]event, status) {
	switch {
	case answer.taken():
		return nil, delivered
	case s.RetryStrategy.again(answer):
		return sent, answer.refusal()
	}
	return nil, answer.refusal()
}

func (c component) store() store {
	if c.Type == elasticsearchType {
		return elasticsearch{c}
	}
	return lineStore{c}
}
