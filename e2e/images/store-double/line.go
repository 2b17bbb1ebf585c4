package main

import (
	"encoding/json"
	"time"
)

// Limits of VictoriaLogs 1.26 by default.
const (
	maxLineBytes   = 256 << 10
	maxFields      = 1000
	maxStreamBytes = 100_000
	retention      = 7 * 24 * time.Hour
	ahead          = 2 * 24 * time.Hour
)

// Why a line is not stored; empty when it is. `refused` says that it counts as a bad line of its request: the others are dropped in silence.
func judge(text []byte, names names) (line map[string]any, why string, refused bool) {
	if len(text) >= maxLineBytes {
		return nil, "too_long", false
	}
	if json.Unmarshal(text, &line) != nil || line == nil {
		return nil, "not_an_object", true
	}
	flat := map[string]any{}
	flatten("", line, flat)
	if len(flat) > maxFields {
		return nil, "too_many_fields", false
	}
	for _, name := range names.stream {
		if value, ok := flat[name].(string); ok && len(value) >= maxStreamBytes {
			return nil, "too_long_stream_value", false
		}
	}
	why, refused = judgeTime(flat[names.time])
	return line, why, refused
}

func judgeTime(value any) (why string, refused bool) {
	switch value := value.(type) {
	case nil:
		return "", false
	case string:
		return judgeTimeText(value)
	case float64:
		return judgeMoment(unix(value)), false
	default:
		return "bad_timestamp", true
	}
}

func judgeTimeText(text string) (why string, refused bool) {
	if text == "" {
		return "", false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999"} {
		if moment, err := time.Parse(layout, text); err == nil {
			return judgeMoment(moment), false
		}
	}
	return "bad_timestamp", true
}

func judgeMoment(moment time.Time) string {
	switch age := time.Since(moment); {
	case age > retention:
		return "too_small_timestamp"
	case age < -ahead:
		return "too_big_timestamp"
	}
	return ""
}

// Seconds, milliseconds, microseconds or nanoseconds, told apart by their size.
func unix(number float64) time.Time {
	const border = 1 << 31
	switch {
	case number < border:
		return time.Unix(int64(number), 0)
	case number < border*1e3:
		return time.UnixMilli(int64(number))
	case number < border*1e6:
		return time.UnixMicro(int64(number))
	}
	return time.Unix(0, int64(number))
}

// Objects become fields with dots in their names; fields without a value are none.
func flatten(prefix string, object map[string]any, into map[string]any) {
	for name, value := range object {
		inner, isObject := value.(map[string]any)
		switch {
		case isObject:
			flatten(prefix+name+".", inner, into)
		case value != nil && value != "":
			into[prefix+name] = value
		}
	}
}
