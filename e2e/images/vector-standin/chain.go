package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kgo"
)

// The program that runs the transforms of the file with the real VRL; it lies beside this one.
const chainProgram = "vector-chain"

// The transforms, in a process of their own: asked with a line of JSON, answered with a line of JSON. Bytes are base64.
type chain struct {
	requests *json.Encoder
	answers  *json.Decoder
}

// What the kafka source makes a line of.
type chainLine struct {
	Topic     string            `json:"topic"`
	Partition int32             `json:"partition"`
	Offset    int64             `json:"offset"`
	Time      int64             `json:"time"` // milliseconds since 1970
	Key       []byte            `json:"key"`  // null without one
	Headers   map[string][]byte `json:"headers"`
	Payload   []byte            `json:"payload"`
}

// An event at the input of a sink, as that sink's `encoding` writes it.
type arrival struct {
	Sink    string            `json:"sink"`
	Lines   []origin          `json:"lines"` // that it was joined of; empty for what one line became
	Payload []byte            `json:"payload"`
	Key     []byte            `json:"key"`
	Headers map[string][]byte `json:"headers"`
}

// Compiles the transforms; what is wrong with them is on standard error.
func startChain(path string) (*chain, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process := exec.Command(filepath.Join(filepath.Dir(own), chainProgram), path)
	process.Stderr = os.Stderr
	input, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	return handshake(input, output)
}

// No lines become no events, once all programs are compiled.
func handshake(input io.Writer, output io.Reader) (*chain, error) {
	c := &chain{json.NewEncoder(input), json.NewDecoder(output)}
	if _, err := c.pass(nil); err != nil {
		return nil, fmt.Errorf("transforms: %w", err)
	}
	return c, nil
}

// The events that each of the messages becomes.
func (c *chain) pass(messages []*message) ([][]arrival, error) {
	lines := make([]chainLine, len(messages))
	for i, message := range messages {
		lines[i] = lineOf(message.record)
	}
	return c.ask(lines, len(lines))
}

// What the transforms hold back, as one list.
func (c *chain) finish() ([]arrival, error) {
	arrivals, err := c.ask(nil, 1)
	if err != nil {
		return nil, err
	}
	return arrivals[0], nil
}

func (c *chain) ask(request any, lists int) ([][]arrival, error) {
	if err := c.requests.Encode(request); err != nil {
		return nil, err
	}
	var arrivals [][]arrival
	if err := c.answers.Decode(&arrivals); err != nil {
		return nil, err
	}
	if len(arrivals) != lists {
		return nil, fmt.Errorf("the chain answered with %d lists instead of %d", len(arrivals), lists)
	}
	return arrivals, nil
}

func lineOf(record *kgo.Record) chainLine {
	headers := make(map[string][]byte, len(record.Headers))
	for _, header := range record.Headers {
		headers[header.Key] = header.Value
	}
	return chainLine{
		Topic:     record.Topic,
		Partition: record.Partition,
		Offset:    record.Offset,
		Time:      record.Timestamp.UnixMilli(),
		Key:       record.Key,
		Headers:   headers,
		Payload:   record.Value,
	}
}
