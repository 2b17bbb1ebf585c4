package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Defaults of librdkafka, and of Vector where it has its own.
const (
	librdkafkaQueue = 100_000
	messageBytes    = 1_000_000
	messageTimeout  = 5 * time.Minute
)

// A member of the group. It reads ahead at most what librdkafka's queue would hold, and goes on being a member while the sinks block.
func newConsumer(source component, rebalances ...kgo.Opt) (*kgo.Client, error) {
	reset := kgo.NewOffset().AtEnd()
	if slices.Contains([]string{"earliest", "smallest", "beginning"}, source.AutoOffsetReset) {
		reset = kgo.NewOffset().AtStart()
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(source.GroupID),
		kgo.ConsumeResetOffset(reset),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.AutoCommitMarks(),
		kgo.AutoCommitInterval(milliseconds(source.CommitIntervalMS, 5000)),
		kgo.SessionTimeout(source.sessionTimeout()),
		kgo.FetchMaxBytes(16 << 20),
	}
	options = append(options, subscription(source)...)
	return newClient(source, append(options, rebalances...)...)
}

// As in librdkafka, a topic that begins with ^ is a regular expression, and so is what is overlooked.
func subscription(source component) []kgo.Opt {
	options := []kgo.Opt{kgo.ConsumeTopics(source.Topics...)}
	if isPattern := func(topic string) bool { return strings.HasPrefix(topic, "^") }; !slices.ContainsFunc(source.Topics, isPattern) {
		return options
	}
	options = append(options, kgo.ConsumeRegex())
	if overlooked := source.LibrdkafkaOptions["topic.blacklist"]; overlooked != "" {
		options = append(options, kgo.ConsumeExcludeTopics(strings.Split(overlooked, ",")...))
	}
	if interval, err := strconv.Atoi(source.LibrdkafkaOptions["topic.metadata.refresh.interval.ms"]); err == nil {
		age := milliseconds(interval, 0)
		options = append(options, kgo.MetadataMaxAge(age), kgo.MetadataMinAge(min(age, time.Second)))
	}
	return options
}

// Produces idempotently and with acks of all replicas: the client's defaults.
func newProducer(sink component) (*kgo.Client, error) {
	options := []kgo.Opt{
		kgo.DefaultProduceTopic(sink.Topic),
		kgo.ProducerBatchMaxBytes(sink.largestMessage()),
		kgo.MaxBufferedRecords(librdkafkaQueue),
	}
	switch timeout := sink.MessageTimeoutMS; {
	case timeout == nil:
		options = append(options, kgo.RecordDeliveryTimeout(messageTimeout))
	case *timeout > 0:
		options = append(options, kgo.RecordDeliveryTimeout(milliseconds(*timeout, 0)))
	}
	return newClient(sink, options...)
}

func newClient(settings component, options ...kgo.Opt) (*kgo.Client, error) {
	options = append(options, kgo.SeedBrokers(strings.Split(settings.BootstrapServers, ",")...), kgo.ClientID("vector"))
	if settings.TLS.Enabled {
		config, err := settings.TLS.config()
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.DialTLSConfig(config))
	}
	return kgo.NewClient(options...)
}
