package fields

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"testing"
)

// certificateRequestOf is a request for a certificate as it stands in a
// CertificateSigningRequest.
func certificateRequestOf(t *testing.T, subject pkix.Name) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{Subject: subject}, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

func csrEvent(object string) string {
	return `{"verb":"create","objectRef":{"resource":"certificatesigningrequests"},"requestObject":` + object + `}`
}

func TestTheSubjectOfACertificateRequestIsDecoded(t *testing.T) {
	request := certificateRequestOf(t, pkix.Name{CommonName: "system:admin", Organization: []string{"system:masters", "a\x00b"}})
	f := newAsked(t).wants(csrEvent(`{"spec":{"request":"` + request + `","signerName":"s","usages":["client auth"]}}`))
	f(prefix+spec+"csr.commonName", "system:admin")
	f(prefix+spec+"csr.organizations", `a\u0000b`, "system:masters")
	f(prefix+spec+"csr.usages", "client auth")
	f(prefix+spec+"signerName", "s")
	f(prefix + spec + "csr.approved")
	f = newAsked(t).wants(csrEvent(`{"spec":{"request":"` + certificateRequestOf(t, pkix.Name{}) + `"}}`))
	f(prefix + spec + "csr.commonName")
	f(prefix + spec + "csr.organizations")
}

func TestWhatIsNoCertificateRequestHasNoSubject(t *testing.T) {
	pemOf := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	for _, request := range []string{`""`, `"%"`, `"` + pemOf([]byte("no PEM")) + `"`, `"` + pemOf(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: []byte("x")})) + `"`, `7`, `null`} {
		newAsked(t).wants(csrEvent(`{"spec":{"request":` + request + `}}`))(prefix + spec + "csr.commonName")
	}
}

func TestADenialOutweighsAnApproval(t *testing.T) {
	f := func(conditions string, want ...string) {
		t.Helper()
		newAsked(t).wants(csrEvent(`{"status":{"conditions":`+conditions+`}}`))(prefix+spec+"csr.approved", want...)
	}
	f(`[{"type":"Approved","status":"True"}]`, "true")
	f(`[{"type":"Approved"}]`, "true")
	f(`[{"type":"Denied","status":"True"}]`, "false")
	f(`[{"type":"Approved","status":"True"},{"type":"Denied","status":"True"}]`, "false")
	f(`[{"type":"Approved","status":"False"}]`)
	f(`[{"type":"Failed","status":"True"},null]`)
	f(`[]`)
}

func TestTokenRequestsSayWhatTheTokenIsFor(t *testing.T) {
	const object = `"requestObject":{"kind":"TokenRequest","spec":{"audiences":["a","b"],"expirationSeconds":3607,"boundObjectRef":{"kind":"Pod","name":"web"}}}}`
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"serviceaccounts","subresource":"token"},` + object)
	f(prefix+spec+"token.audiences", "a", "b")
	f(prefix+spec+"token.expirationSeconds", "3607")
	f(prefix+spec+"token.boundTo", "Pod/web")
	f = newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"serviceaccounts"},` + object)
	f(prefix + spec + "token.audiences")
	f(prefix + spec + "token.boundTo")
}
