// SPDX-License-Identifier: Apache-2.0

// Go's crypto/x509 and crypto/tls as an independent peer: its standard library alone, built where it is needed.
//
//	go_peer template TEMPLATE.json CERT.pem       is the certificate what Go makes of the template?
//	go_peer verify ROOTS INTERMEDIATES LEAF TIME  a chain at a time; PEM files, seconds since 1970
//	go_peer make KIND NAME                        a certificate as Go programs make it for themselves: no names at all
//	go_peer get URL NAME VERSION [THIEF]          the body at the URL, asked for as the client NAME over TLS 12 or 13;
//	                                              with the key of another, it is proof of nothing
package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"time"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_peer:", err)
		os.Exit(1)
	}
}

func read(name string) []byte {
	text, err := os.ReadFile(name)
	must(err)
	return text
}

func certificate(name string) *x509.Certificate {
	block, _ := pem.Decode(read(name))
	cert, err := x509.ParseCertificate(block.Bytes)
	must(err)
	return cert
}

// What MarbleRun fills in and overrides, said again.
func complete(t *x509.Certificate, like *x509.Certificate) {
	if len(t.DNSNames) == 0 {
		t.DNSNames = []string{"localhost"}
	}
	if len(t.IPAddresses) == 0 {
		t.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	}
	if t.KeyUsage == 0 {
		t.KeyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign
	}
	if len(t.ExtKeyUsage) == 0 {
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	if t.Subject.CommonName == "" {
		t.Subject.CommonName = "MarbleRun Generated Certificate"
		if len(t.DNSNames) == 1 {
			t.Subject.CommonName = t.DNSNames[0]
		}
	}
	t.SerialNumber, t.BasicConstraintsValid = big.NewInt(1), true
	t.NotBefore, t.NotAfter = like.NotBefore, like.NotAfter
}

func extensions(c *x509.Certificate) map[string]pkix.Extension {
	all := map[string]pkix.Extension{}
	for _, e := range c.Extensions {
		all[e.Id.String()] = e
	}
	return all
}

// The relative names of a subject in the order of their bytes, as versions of Go write them in several orders.
func sortedNames(subject []byte) string {
	var names []asn1.RawValue
	_, err := asn1.Unmarshal(subject, &names)
	must(err)
	sort.Slice(names, func(i, k int) bool { return bytes.Compare(names[i].FullBytes, names[k].FullBytes) < 0 })
	all := ""
	for _, n := range names {
		all += fmt.Sprintf("%x ", n.FullBytes)
	}
	return all
}

func template(file, certFile string) {
	var t x509.Certificate
	must(json.Unmarshal(read(file), &t))
	ours := certificate(certFile)
	complete(&t, ours)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: "MarbleRun Coordinator - Intermediate CA"}, SubjectKeyId: []byte{1}}
	der, err := x509.CreateCertificate(rand.Reader, &t, parent, ours.PublicKey, key)
	must(err)
	theirs, err := x509.ParseCertificate(der)
	must(err)

	differ := false
	say := func(what string, want, got interface{}) {
		fmt.Printf("%s: Go has %v, ours %v\n", what, want, got)
		differ = true
	}
	if want, got := sortedNames(theirs.RawSubject), sortedNames(ours.RawSubject); want != got {
		say("subject", want, got)
	}
	if theirs.SignatureAlgorithm != ours.SignatureAlgorithm {
		say("algorithm", theirs.SignatureAlgorithm, ours.SignatureAlgorithm)
	}
	want, got := extensions(theirs), extensions(ours)
	delete(want, "2.5.29.35") // the issuers are others
	delete(got, "2.5.29.35")
	if len(t.SubjectKeyId) == 0 { // Go has it for authorities only, and versions of it compute it in two ways
		delete(want, "2.5.29.14")
		delete(got, "2.5.29.14")
	}
	for id, e := range want {
		if g, found := got[id]; !found || g.Critical != e.Critical || !bytes.Equal(g.Value, e.Value) {
			say("extension "+id, e, g)
		}
		delete(got, id)
	}
	if len(got) > 0 {
		say("extensions", "no others", got)
	}
	if differ {
		os.Exit(1)
	}
}

func pool(file string) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(read(file))
	return p
}

func verify(roots, intermediates, leaf, at string) {
	seconds, err := strconv.ParseInt(at, 10, 64)
	must(err)
	_, err = certificate(leaf).Verify(x509.VerifyOptions{
		Roots: pool(roots), Intermediates: pool(intermediates), CurrentTime: time.Unix(seconds, 0)})
	must(err)
}

func makeKey(kind string) crypto.Signer {
	var key crypto.Signer
	var err error
	switch kind {
	case "rsa3096":
		key, err = rsa.GenerateKey(rand.Reader, 3096)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	must(err)
	return key
}

func write(name, label string, der []byte) {
	must(os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}), 0o600))
}

func makeClient(kind, name string) {
	key := makeKey(kind)
	t := &x509.Certificate{SerialNumber: big.NewInt(42), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	must(err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	write(name+".pem", "CERTIFICATE", der)
	write(name+".key", "PRIVATE KEY", pkcs8)
	must(os.WriteFile(name+".der", der, 0o600))
}

func get(url, name, version, thief string) {
	pair, err := tls.LoadX509KeyPair(name+".pem", name+".key")
	must(err)
	if thief != "" {
		other, err := tls.LoadX509KeyPair(thief+".pem", thief+".key")
		must(err)
		pair.PrivateKey = other.PrivateKey
	}
	config := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, MaxVersion: tls.VersionTLS12}
	if version == "13" {
		config.MinVersion, config.MaxVersion = tls.VersionTLS13, tls.VersionTLS13
	}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 20 * time.Second}
	response, err := client.Get(url)
	must(err)
	_, err = io.Copy(os.Stdout, response.Body)
	must(err)
}

func main() {
	a := append(os.Args[1:], "", "", "", "", "")
	switch a[0] {
	case "template":
		template(a[1], a[2])
	case "verify":
		verify(a[1], a[2], a[3], a[4])
	case "make":
		makeClient(a[1], a[2])
	case "get":
		get(a[1], a[2], a[3], a[4])
	default:
		os.Exit(2)
	}
}
