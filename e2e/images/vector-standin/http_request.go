package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const newlineDelimited = "newline_delimited"

// A batch as one body: JSON lines, or an array.
func (c component) frame(batch []event) []byte {
	payloads := make([][]byte, len(batch))
	for i, event := range batch {
		payloads[i] = event.Payload
	}
	if c.Framing.Method == newlineDelimited {
		return append(bytes.Join(payloads, []byte("\n")), '\n')
	}
	return slices.Concat([]byte(c.PayloadPrefix+"["), bytes.Join(payloads, []byte(",")), []byte("]"+c.PayloadSuffix))
}

// Of several endpoints the first.
func (c component) address() string {
	if c.Type == elasticsearchType {
		return c.Endpoints[0] + "/_bulk?timeout=60s"
	}
	return c.URI
}

func (c component) newRequest(ctx context.Context, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, cmp.Or(strings.ToUpper(c.Method), http.MethodPost), c.address(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.Framing.Method == newlineDelimited || c.Type == elasticsearchType {
		request.Header.Set("Content-Type", "application/x-ndjson")
	}
	if c.Compression != "" && c.Compression != "none" {
		request.Header.Set("Content-Encoding", c.Compression)
	}
	for name, value := range c.Request.Headers {
		request.Header.Set(name, value)
	}
	switch c.Auth.Strategy {
	case "basic":
		request.SetBasicAuth(c.Auth.User, c.Auth.Password)
	case "bearer":
		request.Header.Set("Authorization", "Bearer "+c.Auth.Token)
	case "custom":
		request.Header.Set("Authorization", c.Auth.Value)
	}
	return request, nil
}

func (c component) transport() (*http.Transport, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if !strings.HasPrefix(c.address(), "https:") {
		return transport, nil
	}
	config, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	transport.TLSClientConfig = config
	return transport, nil
}

// The algorithm's name is also that of the Content-Encoding.
func compressor(algorithm string) (func([]byte) []byte, error) {
	switch algorithm {
	case "", "none":
		return func(body []byte) []byte { return body }, nil
	case "gzip":
		return gzipped, nil
	case "zstd":
		encoder, err := zstd.NewWriter(nil)
		if err != nil {
			return nil, err
		}
		return func(body []byte) []byte { return encoder.EncodeAll(body, nil) }, nil
	}
	return nil, fmt.Errorf("compression %q is unknown to the stand-in", algorithm)
}

// Writing to memory does not fail.
func gzipped(body []byte) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	writer.Write(body)
	writer.Close()
	return out.Bytes()
}
