package fields

import (
	"strings"
	"testing"
)

// inPod is an event that creates a pod of that specification.
func inPod(specification string) string {
	return about("create", `"requestObject":{"spec":`+specification+`}`)
}

func TestThePodSpecificationIsFoundInEveryWorkload(t *testing.T) {
	const pod = `{"hostNetwork":true,"containers":[{"name":"a"}]}`
	for resource, object := range map[string]string{
		"pods":                   `{"spec":` + pod + `}`,
		"deployments":            `{"spec":{"template":{"spec":` + pod + `}}}`,
		"daemonsets":             `{"spec":{"template":{"spec":` + pod + `}}}`,
		"statefulsets":           `{"spec":{"template":{"spec":` + pod + `}}}`,
		"replicasets":            `{"spec":{"template":{"spec":` + pod + `}}}`,
		"replicationcontrollers": `{"spec":{"template":{"spec":` + pod + `}}}`,
		"jobs":                   `{"spec":{"template":{"spec":` + pod + `}}}`,
		"cronjobs":               `{"spec":{"jobTemplate":{"spec":{"template":{"spec":` + pod + `}}}}}`,
		"podtemplates":           `{"template":{"spec":` + pod + `}}`,
	} {
		for _, verb := range []string{"create", "update", "patch"} {
			f := newAsked(t).wants(`{"verb":"` + verb + `","objectRef":{"resource":"` + resource + `"},"requestObject":` + object + `}`)
			f(hostNetwork, "true")
			f("ka.req.pod.containers.name", "a")
		}
	}
}

func TestOtherObjectsHaveNoPodSpecification(t *testing.T) {
	for _, resource := range []string{"services", "secrets", "widgets", ""} {
		newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"` + resource + `"},"requestObject":{"spec":{"hostNetwork":true}}}`)(hostNetwork)
	}
}

func TestWithoutAReferenceTheKindTellsWhereTheSpecificationIs(t *testing.T) {
	newAsked(t).wants(`{"verb":"create","requestObject":{"kind":"Pod","spec":{"hostNetwork":true}}}`)(hostNetwork, "true")
	newAsked(t).wants(`{"verb":"create","requestObject":{"kind":"Service","spec":{"hostNetwork":true}}}`)(hostNetwork)
}

func TestOnlySomeSubresourcesSetWhatRuns(t *testing.T) {
	f := func(subresource string, want ...string) {
		t.Helper()
		newAsked(t).wants(`{"verb":"update","objectRef":{"resource":"pods","subresource":"`+subresource+`"},"requestObject":{"spec":{"hostNetwork":true}}}`)(hostNetwork, want...)
	}
	f("", "true")
	f("ephemeralcontainers", "true")
	f("resize", "true")
	for _, other := range []string{"status", "eviction", "binding", "exec", "scale", "proxy"} {
		f(other)
	}
}

func TestTheServiceAccountOfAPodMayHaveItsOldName(t *testing.T) {
	const field = prefix + spec + "serviceAccountName"
	newAsked(t).wants(inPod(`{"serviceAccountName":"new","serviceAccount":"old"}`))(field, "new")
	newAsked(t).wants(inPod(`{"serviceAccountName":"","serviceAccount":"old"}`))(field, "old")
	newAsked(t).wants(inPod(`{}`))(field)
}

func TestTolerationsAreShownShort(t *testing.T) {
	newAsked(t).wants(inPod(`{"tolerations":[{"operator":"Exists"},{"key":"a","operator":"Equal","value":"b","effect":"NoSchedule"},{"key":"c"},{"effect":"NoExecute"}]}`))(
		prefix+spec+"tolerations", "*", "a=b:NoSchedule", "c", "*:NoExecute")
}

func TestProfilesSysctlsAndGroups(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"a.json"},"appArmorProfile":{"type":"Unconfined"},"sysctls":[{"name":"a","value":"1"},{"name":"b"}],"supplementalGroups":[0,"x",-1,7],"fsGroup":0}}`))
	f(prefix+spec+"securityContext.seccomp", "Localhost/a.json")
	f(prefix+spec+"securityContext.appArmor", "Unconfined")
	f(prefix+spec+"securityContext.sysctls", "a=1", "b=")
	f(prefix+spec+"securityContext.supplementalGroups", "0", "7")
	f(prefix+spec+"securityContext.fsGroup", "0")
}

func TestAPodWithoutContainersIsNeitherPrivilegedNorNot(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"hostNetwork":true}`))
	f(prefix + spec + "securityContext.privileged")
	f(prefix + spec + "securityContext.allowPrivilegeEscalation")
	f(prefix + spec + "securityContext.runsAsRoot")
}

func TestAScalarHoldsWhenItHoldsForAnyContainer(t *testing.T) {
	const field = prefix + spec + "securityContext.privileged"
	for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
		pod := `{"containers":[{"name":"first"}],"` + list + `":[{"name":"a"},{"name":"b","securityContext":{"privileged":true}}]}`
		newAsked(t).wants(inPod(pod))(field, "true")
	}
	newAsked(t).wants(inPod(`{"containers":[{"name":"a"},{"securityContext":{"privileged":false}},{"securityContext":{"privileged":"true"}}]}`))(field, "false")
}

func TestWhetherPrivilegesCanBeGained(t *testing.T) {
	f := func(securityContext string, want ...string) {
		t.Helper()
		newAsked(t).wants(inPod(`{"containers":[{"name":"a","securityContext":`+securityContext+`}]}`))(prefix+spec+"securityContext.allowPrivilegeEscalation", want...)
	}
	f(`null`, "true")
	f(`{}`, "true")
	f(`{"allowPrivilegeEscalation":true}`, "true")
	f(`{"allowPrivilegeEscalation":false}`, "false")
	f(`{"allowPrivilegeEscalation":false,"privileged":true}`, "true")
	f(`{"allowPrivilegeEscalation":false,"capabilities":{"add":["CAP_SYS_ADMIN"]}}`, "true")
	f(`{"allowPrivilegeEscalation":false,"capabilities":{"add":["NET_RAW"]}}`, "false")
}

// A patch that does not say leaves it as it was.
func TestAPatchThatSaysNothingAboutPrivilegesGivesNoVerdict(t *testing.T) {
	f := func(securityContext string, want ...string) {
		t.Helper()
		newAsked(t).wants(about("patch", `"requestObject":{"spec":{"containers":[{"name":"a","image":"x"`+securityContext+`}]}}`))(prefix+spec+"securityContext.allowPrivilegeEscalation", want...)
	}
	f(``)
	f(`,"securityContext":{"allowPrivilegeEscalation":true}`, "true")
	f(`,"securityContext":{"allowPrivilegeEscalation":false}`, "false")
	f(`,"securityContext":{"privileged":true}`, "true")
}

func TestWhetherAnythingRunsAsRoot(t *testing.T) {
	f := func(pod, container string, want ...string) {
		t.Helper()
		newAsked(t).wants(inPod(`{"securityContext":`+pod+`,"containers":[{"name":"a","securityContext":`+container+`}]}`))(prefix+spec+"securityContext.runsAsRoot", want...)
	}
	f(`{}`, `{}`) // the image decides
	f(`{"runAsUser":0}`, `{}`, "true")
	f(`{"runAsUser":0}`, `{"runAsUser":7}`, "false")
	f(`{"runAsUser":7}`, `{"runAsUser":0}`, "true")
	f(`{"runAsNonRoot":true}`, `{}`, "false")
	f(`{"runAsNonRoot":true}`, `{"runAsNonRoot":false}`)
	f(`{}`, `{"runAsNonRoot":true}`, "false")
}

func TestNumbersAreReadHoweverAPatchWritesThem(t *testing.T) {
	f := func(number string, want ...string) {
		t.Helper()
		newAsked(t).wants(inPod(`{"securityContext":{"runAsUser":`+number+`}}`))(prefix+spec+"securityContext.runAsUser", want...)
	}
	f("0", "0")
	f("-0", "0")
	f("0.0", "0")
	f("1e3", "1000")
	f("18446744073709551615", "18446744073709551615")
	for _, none := range []string{"-1", "1.5", "1e400", "1e30", `"7"`, "true", "null", "[7]", "{}"} {
		f(none)
	}
}

func TestFlagsAreOnlyTrueAndFalse(t *testing.T) {
	for value, want := range map[string]string{"true": "true", "false": "false", "null": "", `"true"`: "", "1": "", "[]": "", "{}": ""} {
		newAsked(t).wants(inPod(`{"hostNetwork":`+value+`}`))(hostNetwork, strings.Fields(want)...)
	}
}
