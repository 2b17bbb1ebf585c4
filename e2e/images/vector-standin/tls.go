package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// Files of a component's block `tls`.
type tlsFiles struct {
	Enabled           bool   `yaml:"enabled"`
	CA                string `yaml:"ca_file"`
	Cert              string `yaml:"crt_file"`
	Key               string `yaml:"key_file"`
	VerifyCertificate *bool  `yaml:"verify_certificate"`
	VerifyHostname    *bool  `yaml:"verify_hostname"`
}

func (t tlsFiles) config() (*tls.Config, error) {
	no := func(verify *bool) bool { return verify != nil && !*verify }
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: no(t.VerifyCertificate) || no(t.VerifyHostname),
	}
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
