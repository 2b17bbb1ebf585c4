package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var secretReference = regexp.MustCompile(`SECRET\[(\w+)\.([\w.\-/]+)\]`)

type secretBackend struct {
	Type   string `yaml:"type"`
	Path   string `yaml:"path"`
	Remove bool   `yaml:"remove_trailing_whitespace"`
}

// Puts the secrets into the text before it is parsed, as Vector does.
func withSecrets(text []byte) ([]byte, error) {
	var file struct {
		Secret map[string]secretBackend `yaml:"secret"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	var failed error
	replaced := secretReference.ReplaceAllFunc(text, func(reference []byte) []byte {
		parts := secretReference.FindSubmatch(reference)
		value, err := file.Secret[string(parts[1])].value(string(parts[2]))
		if err != nil {
			failed = fmt.Errorf("%s: %w", reference, err)
		}
		return []byte(value)
	})
	return replaced, failed
}

func (b secretBackend) value(key string) (string, error) {
	switch b.Type {
	case "directory":
		text, err := os.ReadFile(filepath.Join(b.Path, key))
		if b.Remove {
			return strings.TrimRight(string(text), " \t\r\n"), err
		}
		return string(text), err
	case "file":
		text, err := os.ReadFile(b.Path)
		if err != nil {
			return "", err
		}
		values := map[string]string{}
		err = json.Unmarshal(text, &values)
		return values[key], err
	}
	return "", fmt.Errorf("a backend of type %q is unknown to the stand-in", b.Type)
}
