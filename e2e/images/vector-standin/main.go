// A stand-in for Vector, for tests where the real image cannot be had: see README.md for what it does and does not do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Exit codes of Vector's own.
const (
	exitUsage  = 2
	exitConfig = 78
)

func main() {
	slog.Info("this is a stand-in for Vector, not Vector")
	if len(os.Args) > 1 && os.Args[1] == "validate" {
		validate(os.Args[2:])
		return
	}
	flags := flag.NewFlagSet("vector (stand-in)", flag.ContinueOnError)
	path := flags.String("config", "/etc/vector/vector.yaml", "the rendered file")
	limit := flags.Int("graceful-shutdown-limit-secs", 60, "seconds to finish what was read")
	flags.String("log-format", "", "accepted, without effect")
	parse(flags, os.Args[1:])
	config, err := load(*path)
	exitOn(err, exitConfig)
	chain, err := startChain(*path)
	exitOn(err, exitConfig)
	exitOn(run(config, chain, time.Duration(*limit)*time.Second), 1)
}

// Parses the file and compiles its transforms; opens nothing that it names.
func validate(arguments []string) {
	flags := flag.NewFlagSet("vector validate (stand-in)", flag.ContinueOnError)
	for _, name := range []string{"no-environment", "skip-healthchecks", "deny-warnings"} {
		flags.Bool(name, false, "accepted, without effect")
	}
	parse(flags, arguments)
	for _, path := range flags.Args() {
		_, err := load(path)
		exitOn(err, exitConfig)
		_, err = startChain(path)
		exitOn(err, exitConfig)
		fmt.Println("Validated by the stand-in:", path)
	}
}

func parse(flags *flag.FlagSet, arguments []string) {
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	} else if err != nil {
		os.Exit(exitUsage)
	}
}

// Reads until the first signal, then has `limit` to deliver what was read; a second signal ends it at once.
func run(config *config, chain *chain, limit time.Duration) error {
	reading, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	delivering, cancel := context.WithCancel(context.Background())
	defer cancel()
	counts := newMetrics()
	pipeline, err := newPipeline(delivering, config, chain, counts)
	if err != nil {
		return err
	}
	context.AfterFunc(reading, func() {
		stop()
		time.AfterFunc(limit, cancel)
	})
	failed := make(chan error, 3)
	go func() { failed <- serve(config.API.Address, "/health", health(reading)) }()
	if address := config.exporterAddress(); address != "" {
		go func() { failed <- serve(address, "/metrics", counts) }()
	}
	done := make(chan struct{})
	go func() {
		if err := pipeline.run(reading, delivering); err != nil {
			failed <- err
			return
		}
		close(done)
	}()
	select {
	case err := <-failed:
		return err
	case <-done:
		slog.Info("ended", "drained", delivering.Err() == nil)
		return nil
	}
}

func health(reading context.Context) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("Content-Type", "application/json")
		if reading.Err() != nil {
			answer.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintf(answer, "{\"ok\":%t}", reading.Err() == nil)
	})
}

func serve(address, path string, handler http.Handler) error {
	mux := http.NewServeMux()
	mux.Handle("GET "+path, handler)
	server := http.Server{Addr: address, Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

func exitOn(err error, code int) {
	if err != nil {
		slog.Error(err.Error())
		os.Exit(code)
	}
}
