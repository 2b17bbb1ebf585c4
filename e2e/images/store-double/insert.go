package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// POST /insert/jsonline: bad lines are dropped, and the answer is 200 all the same unless no line was good.
func (s *store) insert(answer http.ResponseWriter, request *http.Request) {
	if strings.HasPrefix(request.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return // taken for a form, in which there is nothing
	}
	body, err := uncompressed(request)
	if err != nil {
		http.Error(answer, err.Error(), http.StatusBadRequest)
		return
	}
	names := fieldNames(request)
	good, bad := 0, 0
	for text := range bytes.Lines(body) {
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if s.take(text, names) {
			good++
		} else {
			bad++
		}
	}
	if bad > 0 && good == 0 {
		http.Error(answer, "cannot read any line", http.StatusBadRequest)
	}
}

func uncompressed(request *http.Request) ([]byte, error) {
	switch request.Header.Get("Content-Encoding") {
	case "gzip":
		reader, err := gzip.NewReader(request.Body)
		if err != nil {
			return nil, err
		}
		return io.ReadAll(reader)
	case "zstd":
		reader, err := zstd.NewReader(request.Body, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		return io.ReadAll(reader)
	}
	return io.ReadAll(request.Body)
}

// The fields that the query gives a meaning.
type names struct {
	time   string
	stream []string
}

func fieldNames(request *http.Request) names {
	query := request.URL.Query()
	found := names{time: query.Get("_time_field")}
	if stream := query.Get("_stream_fields"); stream != "" {
		found.stream = strings.Split(stream, ",")
	}
	return found
}
