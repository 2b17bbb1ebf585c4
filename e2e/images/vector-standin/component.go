package main

import (
	"cmp"
	"math"
	"strconv"
	"time"
)

// What the stand-in acts on of a source or a sink; other keys are not looked at.
type component struct {
	Type   string   `yaml:"type"`
	Inputs []string `yaml:"inputs"`
	TLS    tlsFiles `yaml:"tls"`
	// kafka
	BootstrapServers  string            `yaml:"bootstrap_servers"`
	GroupID           string            `yaml:"group_id"`
	Topics            []string          `yaml:"topics"`
	Topic             string            `yaml:"topic"`
	AutoOffsetReset   string            `yaml:"auto_offset_reset"`
	CommitIntervalMS  int               `yaml:"commit_interval_ms"`
	SessionTimeoutMS  int               `yaml:"session_timeout_ms"`
	DrainTimeoutMS    int               `yaml:"drain_timeout_ms"`
	MessageTimeoutMS  *int              `yaml:"message_timeout_ms"`
	LibrdkafkaOptions map[string]string `yaml:"librdkafka_options"`
	SASL              struct {
		Enabled bool `yaml:"enabled"`
	} `yaml:"sasl"`
	// http
	URI           string        `yaml:"uri"`
	Method        string        `yaml:"method"`
	PayloadPrefix string        `yaml:"payload_prefix"`
	PayloadSuffix string        `yaml:"payload_suffix"`
	Compression   string        `yaml:"compression"`
	RetryStrategy retryStrategy `yaml:"retry_strategy"`
	Batch         batchLimits   `yaml:"batch"`
	Buffer        bufferLimits  `yaml:"buffer"`
	Request       requestLimits `yaml:"request"`
	Framing       struct {
		Method string `yaml:"method"`
	} `yaml:"framing"`
	Auth struct {
		Strategy string `yaml:"strategy"`
		User     string `yaml:"user"`
		Password string `yaml:"password"`
		Token    string `yaml:"token"`
		Value    string `yaml:"value"`
	} `yaml:"auth"`
	// elasticsearch
	Endpoints  []string `yaml:"endpoints"`
	APIVersion string   `yaml:"api_version"`
	Mode       string   `yaml:"mode"`
	Bulk       struct {
		Action string `yaml:"action"`
		Index  string `yaml:"index"`
	} `yaml:"bulk"`
	DataStream          dataStream `yaml:"data_stream"`
	RequestRetryPartial bool       `yaml:"request_retry_partial"`
	// reduce
	ExpireAfterMS int `yaml:"expire_after_ms"`
	// prometheus_exporter
	Address string `yaml:"address"`
}

func (c component) sessionTimeout() time.Duration {
	return milliseconds(c.SessionTimeoutMS, 10_000)
}

func (c component) drainTimeout() time.Duration {
	return milliseconds(c.DrainTimeoutMS, int(c.sessionTimeout().Milliseconds()/2))
}

func (c component) largestMessage() int32 {
	bytes, err := strconv.ParseInt(c.LibrdkafkaOptions["message.max.bytes"], 10, 32)
	if err != nil {
		return messageBytes
	}
	return int32(bytes)
}

type batchLimits struct {
	MaxBytes    int     `yaml:"max_bytes"`
	MaxEvents   int     `yaml:"max_events"`
	TimeoutSecs float64 `yaml:"timeout_secs"`
}

func (b batchLimits) maxBytes() int          { return cmp.Or(b.MaxBytes, 10_000_000) }
func (b batchLimits) maxEvents() int         { return cmp.Or(b.MaxEvents, math.MaxInt) }
func (b batchLimits) timeout() time.Duration { return seconds(b.TimeoutSecs, 1) }

type bufferLimits struct {
	Type      string `yaml:"type"`
	MaxEvents int    `yaml:"max_events"`
	WhenFull  string `yaml:"when_full"`
}

func (b bufferLimits) maxEvents() int { return cmp.Or(b.MaxEvents, 500) }

type requestLimits struct {
	Concurrency             any               `yaml:"concurrency"` // a number, or how Vector finds one
	Headers                 map[string]string `yaml:"headers"`
	TimeoutSecs             float64           `yaml:"timeout_secs"`
	RetryAttempts           *int              `yaml:"retry_attempts"`
	RetryInitialBackoffSecs float64           `yaml:"retry_initial_backoff_secs"`
	RetryMaxDurationSecs    float64           `yaml:"retry_max_duration_secs"`
}

func (r requestLimits) timeout() time.Duration { return seconds(r.TimeoutSecs, 60) }

func (r requestLimits) concurrency() int {
	if fixed, ok := r.Concurrency.(int); ok && fixed > 0 {
		return fixed
	}
	return requestsAtOnce
}

// Without a number there is no end.
func (r requestLimits) retries() int {
	if r.RetryAttempts == nil {
		return math.MaxInt
	}
	return *r.RetryAttempts
}

func (r requestLimits) backoff() *backoff {
	return &backoff{current: seconds(r.RetryInitialBackoffSecs, 1), longest: seconds(r.RetryMaxDurationSecs, 30)}
}

func milliseconds(value, ifZero int) time.Duration {
	return time.Duration(cmp.Or(value, ifZero)) * time.Millisecond
}

func seconds(value, ifZero float64) time.Duration {
	return time.Duration(cmp.Or(value, ifZero) * float64(time.Second))
}
