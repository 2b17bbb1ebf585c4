package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func newConsumer(source component) (*kgo.Client, error) {
	reset := kgo.NewOffset().AtEnd()
	if slices.Contains([]string{"earliest", "smallest", "beginning"}, source.AutoOffsetReset) {
		reset = kgo.NewOffset().AtStart()
	}
	options := []kgo.Opt{
		kgo.ConsumerGroup(source.GroupID),
		kgo.ConsumeTopics(source.Topics...),
		kgo.ConsumeResetOffset(reset),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.DisableAutoCommit(),
		// A partition is handed over only between batches, so that what was delivered is committed by who delivered it.
		kgo.BlockRebalanceOnPoll(),
	}
	if source.SessionTimeoutMS > 0 {
		options = append(options, kgo.SessionTimeout(time.Duration(source.SessionTimeoutMS)*time.Millisecond))
	}
	return newClient(source, options...)
}

// Produces idempotently and with acks of all replicas: the client's defaults.
func newProducer(sink component) (*kgo.Client, error) {
	return newClient(sink, kgo.DefaultProduceTopic(sink.Topic), kgo.ProducerBatchMaxBytes(20<<20))
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

func (t tlsFiles) config() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
