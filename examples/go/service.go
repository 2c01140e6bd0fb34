// SPDX-License-Identifier: Apache-2.0

// A web service with its mesh certificate, taken from the environment: a static program, which nothing can be preloaded
// into. Which port it got stands in the file "port".
package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
)

func main() {
	certificate, err := tls.X509KeyPair([]byte(os.Getenv("MARBLE_PREDEFINED_MARBLE_CERTIFICATE_CHAIN")),
		[]byte(os.Getenv("MARBLE_PREDEFINED_PRIVATE_KEY")))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		log.Fatal(err)
	}
	port := fmt.Sprint(listener.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile("port.new", []byte(port), 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename("port.new", "port"); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, os.Getenv("GREETING"))
	})))
}
