package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// The part of Vector's file that the stand-in acts on; other keys are not looked at.
type config struct {
	API struct {
		Address string `yaml:"address"`
	} `yaml:"api"`
	Sources    map[string]component `yaml:"sources"`
	Transforms map[string]component `yaml:"transforms"`
	Sinks      map[string]component `yaml:"sinks"`
}

// Types that the stand-in takes. What a transform may be is judged by the chain.
var (
	sourceTypes = []string{"kafka", "internal_metrics"}
	sinkTypes   = []string{"http", elasticsearchType, "kafka", "prometheus_exporter"}
)

var authStrategies = []string{"", "basic", "bearer", "custom"}

func load(path string) (*config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config := &config{}
	if text, err = withSecrets(text); err == nil {
		err = yaml.Unmarshal(text, config)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if config.API.Address == "" {
		config.API.Address = "127.0.0.1:8686"
	}
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return config, nil
}

func (c *config) check() error {
	if len(c.Sources) == 0 || len(c.Sinks) == 0 {
		return fmt.Errorf("at least one source and one sink are needed")
	}
	outputs := map[string]bool{}
	for id := range c.Sources {
		outputs[id] = true
	}
	for id := range c.Transforms {
		outputs[id] = true
	}
	kinds := []struct {
		name       string
		components map[string]component
		types      []string
	}{{"sources", c.Sources, sourceTypes}, {"sinks", c.Sinks, sinkTypes}}
	for _, kind := range kinds {
		for _, id := range slices.Sorted(maps.Keys(kind.components)) {
			component := kind.components[id]
			where := kind.name + "." + id
			if !slices.Contains(kind.types, component.Type) {
				return fmt.Errorf("%s: type %q is unknown to the stand-in", where, component.Type)
			}
			if err := component.check(kind.name != "sources", outputs); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		}
	}
	return nil
}

func (c component) check(needsInputs bool, outputs map[string]bool) error {
	if needsInputs && len(c.Inputs) == 0 {
		return fmt.Errorf("no inputs")
	}
	for _, input := range c.Inputs {
		// user.dropped is an output of the transform user.
		if id, _, _ := strings.Cut(input, "."); !outputs[id] {
			return fmt.Errorf("input %q does not exist", input)
		}
	}
	if unknown := c.unknown(); unknown != "" {
		return fmt.Errorf("%s is unknown to the stand-in", unknown)
	}
	missing := map[string]bool{
		"bootstrap_servers": c.Type == "kafka" && c.BootstrapServers == "",
		"topic or topics":   c.Type == "kafka" && c.Topic == "" && len(c.Topics) == 0,
		"uri":               c.Type == "http" && c.URI == "",
		"endpoints":         c.Type == elasticsearchType && len(c.Endpoints) == 0,
		"bulk.index":        c.Type == elasticsearchType && c.Mode != dataStreamMode && c.Bulk.Index == "",
		"address":           c.Type == "prometheus_exporter" && c.Address == "",
	}
	for _, key := range slices.Sorted(maps.Keys(missing)) {
		if missing[key] {
			return fmt.Errorf("%s is missing", key)
		}
	}
	return nil
}

// What the file asks for and the stand-in cannot do: better no start than another behaviour.
func (c component) unknown() string {
	switch {
	case c.SASL.Enabled:
		return "sasl"
	case c.Type == elasticsearchType && c.APIVersion != "v7" && c.APIVersion != "v8":
		return "api_version " + c.APIVersion
	case strings.ContainsAny(c.Bulk.Index, "%{"):
		return "a bulk.index with a time or a field"
	case !slices.Contains(authStrategies, c.Auth.Strategy):
		return "auth.strategy " + c.Auth.Strategy
	case c.Buffer.Type != "" && c.Buffer.Type != "memory":
		return "buffer.type " + c.Buffer.Type
	case c.Buffer.WhenFull != "" && c.Buffer.WhenFull != "block":
		return "buffer.when_full " + c.Buffer.WhenFull
	case !slices.Contains(retryStrategies, c.RetryStrategy.Type):
		return "retry_strategy.type " + c.RetryStrategy.Type
	}
	return ""
}

// The one component of a type, with its id; ok is false when there is none.
func only(components map[string]component, kind string) (id string, found component, ok bool) {
	for _, id := range slices.Sorted(maps.Keys(components)) {
		if components[id].Type == kind {
			return id, components[id], true
		}
	}
	return "", component{}, false
}

func (c *config) exporterAddress() string {
	_, exporter, _ := only(c.Sinks, "prometheus_exporter")
	return exporter.Address
}

// How long a transform may hold lines back; nothing without one that does.
func (c *config) holding() time.Duration {
	_, reduce, ok := only(c.Transforms, "reduce")
	if !ok {
		return 0
	}
	return milliseconds(reduce.ExpireAfterMS, 30_000)
}
