package fields

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
)

// credentialRows are requests for certificates and tokens.
var credentialRows = []row{
	{name: spec + "signerName", typ: Text, get: textAt((*Event).body, "spec", "signerName"),
		desc: "The signer that a CertificateSigningRequest addresses."},
	{name: spec + "csr.commonName", typ: Text, get: csrCommonName,
		desc: "The common name that the request in a CertificateSigningRequest asks for: the user name of its owner."},
	{name: spec + "csr.organizations", typ: Text, list: true, get: csrOrganizations,
		desc: "The organizations that the request asks for: the groups of its owner."},
	{name: spec + "csr.usages", typ: Text, list: true, get: textsAt(certificateRequest, "spec", "usages"),
		desc: "What the certificate is to be used for."},
	{name: spec + "csr.approved", typ: Flag, get: csrApproved,
		desc: "True when the CertificateSigningRequest has been approved, false when it has been denied."},
	{name: spec + "token.audiences", typ: Text, list: true, get: textsAt(tokenRequest, "spec", "audiences"),
		desc: "The audiences that a TokenRequest asks for."},
	{name: spec + "token.expirationSeconds", typ: Number, get: numberAt(tokenRequest, "spec", "expirationSeconds"),
		desc: "The lifetime in seconds that a TokenRequest asks for."},
	{name: spec + "token.boundTo", typ: Text, get: tokenBoundTo,
		desc: "The object that a TokenRequest binds the token to, as kind/name."},
}

var certificateRequest = ofResource("certificatesigningrequests")

// tokenRequest is the object of a request for a service account's token.
func tokenRequest(e *Event) node {
	if !is(child(e.at(objectRef), "subresource"), "token") {
		return nil
	}
	return e.body()
}

// decodedCSR is the certificate request in the object: PEM, in base64.
func decodedCSR(e *Event) *x509.CertificateRequest {
	encoded, _ := text(at(certificateRequest(e), "spec", "request"))
	decoded, err := base64.StdEncoding.DecodeString(string(encoded))
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(decoded)
	if block == nil {
		return nil
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil
	}
	return request
}

func csrCommonName(e *Event, _ Arg, out *Values) {
	if request := decodedCSR(e); request != nil && request.Subject.CommonName != "" {
		out.add([]byte(request.Subject.CommonName))
	}
}

func csrOrganizations(e *Event, _ Arg, out *Values) {
	if request := decodedCSR(e); request != nil {
		for _, organization := range request.Subject.Organization {
			out.add([]byte(organization))
		}
	}
}

// csrApproved reads the conditions as the signers do: one that denies outweighs
// one that approves (k8s.io/kubernetes, pkg/controller/certificates).
func csrApproved(e *Event, _ Arg, out *Values) {
	approved, denied := false, false
	for _, condition := range elements(at(certificateRequest(e), "status", "conditions")) {
		if !is(child(condition, "status"), "False") {
			approved = approved || is(child(condition, "type"), "Approved")
			denied = denied || is(child(condition, "type"), "Denied")
		}
	}
	if approved || denied {
		out.addFlag(!denied)
	}
}

func tokenBoundTo(e *Event, _ Arg, out *Values) {
	bound := at(tokenRequest(e), "spec", "boundObjectRef")
	kind, ok := text(child(bound, "kind"))
	if !ok {
		return
	}
	name, _ := text(child(bound, "name"))
	out.append(kind)
	out.appendString("/")
	out.append(name)
	out.end()
}
