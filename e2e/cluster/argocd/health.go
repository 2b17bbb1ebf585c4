package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// healthTests is a health_test.yaml, in the format of Argo CD's own resource_customizations: it stands beside its health.lua.
type healthTests struct {
	Tests []struct {
		InputPath    string              `json:"inputPath"`
		HealthStatus health.HealthStatus `json:"healthStatus"`
	} `json:"tests"`
}

func healthTest() *cobra.Command {
	return &cobra.Command{
		Use:   "health-test DIR",
		Short: "Run each health_test.yaml below DIR against the health.lua beside it, as Argo CD would",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			tests, wrong := 0, 0
			err := filepath.WalkDir(args[0], func(path string, _ fs.DirEntry, err error) error {
				if err != nil || filepath.Base(path) != "health_test.yaml" {
					return err
				}
				of, wrongOf, err := run(path)
				tests, wrong = tests+of, wrong+wrongOf
				return err
			})
			switch {
			case err != nil:
				return err
			case tests == 0:
				return fmt.Errorf("no test in a health_test.yaml below %s", args[0])
			case wrong > 0:
				return fmt.Errorf("%d of %d tests failed", wrong, tests)
			}
			fmt.Printf("%d tests passed\n", tests)
			return nil
		},
	}
}

// run runs the tests of one file. It returns how many there are and how many failed.
func run(file string) (int, int, error) {
	dir := filepath.Dir(file)
	script, err := os.ReadFile(filepath.Join(dir, "health.lua"))
	if err != nil {
		return 0, 0, err
	}
	var tests healthTests
	if err := read(file, &tests); err != nil {
		return 0, 0, err
	}
	wrong := 0
	for _, test := range tests.Tests {
		input := filepath.Join(dir, test.InputPath)
		got, err := healthOf(input, string(script))
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", input, err)
		}
		if *got != test.HealthStatus {
			wrong++
			fmt.Fprintf(os.Stderr, "%s\n  is        %s: %s\n  should be %s: %s\n",
				input, got.Status, got.Message, test.HealthStatus.Status, test.HealthStatus.Message)
		}
	}
	return len(tests.Tests), wrong, nil
}

// healthOf runs the script with the libraries that Argo CD gives it by default: none.
func healthOf(input, script string) (*health.HealthStatus, error) {
	object := map[string]any{}
	if err := read(input, &object); err != nil {
		return nil, err
	}
	vm := lua.VM{}
	return vm.ExecuteHealthLua(&unstructured.Unstructured{Object: object}, script)
}

func read(file string, into any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
