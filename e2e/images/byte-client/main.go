// A client of Kafka for tests: writes and reads messages byte for byte, which Kafka's own console tools do not, for they read and write
// text. Messages are lines in Base64, and those that are read begin with a colon. It trusts /ca/ca.crt alone.
//
//	byte-client wait                    does nothing: a Pod in which the others are run
//	byte-client write BOOTSTRAP TOPIC   each line of its input is a message
//	byte-client read BOOTSTRAP TOPIC    all that the topic holds now, oldest first in each partition
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	deadline = time.Minute
	largest  = 20 << 20
	// Before each message that is read: one without a byte is a line too.
	mark = ":"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch {
	case len(os.Args) == 2 && os.Args[1] == "wait":
		<-ctx.Done()
	case len(os.Args) == 4 && os.Args[1] == "write":
		check(write(ctx, os.Args[2], os.Args[3]))
	case len(os.Args) == 4 && os.Args[1] == "read":
		check(read(ctx, os.Args[2], os.Args[3]))
	default:
		log.Fatal("usage: byte-client wait | write BOOTSTRAP TOPIC | read BOOTSTRAP TOPIC")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func connect(bootstrap string, options ...kgo.Opt) (*kgo.Client, error) {
	pem, err := os.ReadFile("/ca/ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	options = append(options, kgo.SeedBrokers(bootstrap), kgo.DialTLSConfig(&tls.Config{RootCAs: roots}))
	return kgo.NewClient(options...)
}

func write(ctx context.Context, bootstrap, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	client, err := connect(bootstrap, kgo.DefaultProduceTopic(topic), kgo.ProducerBatchMaxBytes(largest))
	if err != nil {
		return err
	}
	defer client.Close()
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadString('\n')
		if err == io.EOF && line == "" {
			return nil
		}
		if err != nil {
			return err
		}
		payload, err := base64.StdEncoding.DecodeString(line[:len(line)-1])
		if err != nil {
			return err
		}
		if err := client.ProduceSync(ctx, &kgo.Record{Value: payload}).FirstErr(); err != nil {
			return fmt.Errorf("a message of %d bytes: %w", len(payload), err)
		}
	}
}

func read(ctx context.Context, bootstrap, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	client, err := connect(bootstrap, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	left, err := ends(ctx, client, topic)
	if err != nil {
		return err
	}
	output := bufio.NewWriter(os.Stdout)
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		fetches.EachRecord(func(record *kgo.Record) {
			end, wanted := left[record.Partition]
			if wanted && record.Offset < end {
				fmt.Fprintln(output, mark+base64.StdEncoding.EncodeToString(record.Value))
			}
			if record.Offset+1 >= end {
				delete(left, record.Partition)
			}
		})
	}
	return output.Flush()
}

// The offset after the last message of each partition that has any.
func ends(ctx context.Context, client *kgo.Client, topic string) (map[int32]int64, error) {
	ask := kmsg.NewPtrMetadataRequest()
	name := kmsg.NewMetadataRequestTopic()
	name.Topic = &topic
	ask.Topics = append(ask.Topics, name)
	metadata, err := ask.RequestWith(ctx, client)
	if err != nil {
		return nil, err
	}
	list := kmsg.NewPtrListOffsetsRequest()
	of := kmsg.NewListOffsetsRequestTopic()
	of.Topic = topic
	for _, partition := range metadata.Topics[0].Partitions {
		one := kmsg.NewListOffsetsRequestTopicPartition()
		one.Partition, one.Timestamp = partition.Partition, -1
		of.Partitions = append(of.Partitions, one)
	}
	list.Topics = append(list.Topics, of)
	found := map[int32]int64{}
	for _, shard := range client.RequestSharded(ctx, list) {
		if shard.Err != nil {
			return nil, shard.Err
		}
		for _, topic := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
			for _, partition := range topic.Partitions {
				if partition.Offset > 0 {
					found[partition.Partition] = partition.Offset
				}
			}
		}
	}
	return found, nil
}
