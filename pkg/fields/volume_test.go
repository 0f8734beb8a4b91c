package fields

import (
	"strings"
	"testing"
)

func TestHostPathsAreCleaned(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"volumes":[{"name":"a","hostPath":{"path":"/etc/../proc/"}},{"name":"b"},{"name":"c","hostPath":{"path":"//"}},{"name":"d","hostPath":{"path":"/./etc"}},{"name":"e","hostPath":{"path":""}},{"name":"f","hostPath":{}},{"name":"g","hostPath":"/x"}]}`))
	f(prefix+spec+"volumes.hostPath", "/proc", "/", "/etc")
	f("ka.req.pod.volumes.hostpath[0]", "/proc")
	f("ka.req.pod.volumes.hostpath[1]")
	f("ka.req.pod.volumes.hostpath[2]", "/")
	f("ka.req.volume.hostpath[/proc]", "true")
	f("ka.req.volume.hostpath[/proc/]", "true")
	f("ka.req.volume.hostpath[/pro*]", "true")
	f("ka.req.volume.hostpath[/pro]", "false")
	f("ka.req.volume.hostpath[*]", "true")
	f("ka.req.volume.hostpath[/var/*]", "false")
	f("ka.req.volume.hostpath[]", "false")
}

func TestAHostPathIsWritableWhenSomeContainerMountsItSo(t *testing.T) {
	const volumes = `"volumes":[{"name":"ro","hostPath":{"path":"/ro"}},{"name":"rw","hostPath":{"path":"/rw/"}},{"name":"unused","hostPath":{"path":"/unused"}},{"name":"dir","emptyDir":{}}]}`
	f := newAsked(t).wants(inPod(`{"containers":[{"volumeMounts":[{"name":"ro","readOnly":true},{"name":"rw","readOnly":true},{"name":"dir"}]}],"initContainers":[{"volumeMounts":[{"name":"rw","readOnly":false}]}],` + volumes))
	f(prefix+spec+"volumes.hostPath.writable", "/rw")
	f(prefix+spec+"volumes.hostPath.writable[1]", "/rw")
	f(prefix + spec + "volumes.hostPath.writable[0]")
}

func TestVolumesOfEveryKind(t *testing.T) {
	f := newAsked(t).wants(inPod(`{"volumes":[{"name":"a","secret":{"secretName":"s"}},{"configMap":{"name":"m"},"name":"b"},{"name":"c","projected":{"sources":[{"secret":{"name":"ps"}},{"configMap":{"name":"pm"}},{"serviceAccountToken":{"audience":"vault"}},{"serviceAccountToken":{}},null,7]}},
		{"name":"d","csi":{"driver":"x.y"}},{"name":"e","flexVolume":{"driver":"z"}},{"name":"f"},null]}`))
	f(prefix+spec+"volumes.types", "secret", "configMap", "projected", "csi", "flexVolume", "", "")
	f(prefix+spec+"volumes.types[1]", "configMap")
	f(prefix + spec + "volumes.types[5]")
	f(prefix+spec+"volumes.secrets", "s", "ps")
	f(prefix+spec+"volumes.configMaps", "m", "pm")
	f(prefix+spec+"volumes.tokenAudiences", "vault")
	f(prefix+spec+"volumes.csi", "x.y")
	f("ka.req.pod.volumes.flexvolume_driver", "z")
}

func TestADeepHostPathIsWithinTheDirectoriesNextToTheRoot(t *testing.T) {
	deep := strings.Repeat("/a", 100000)
	got := newAsked(t).read(inPod(`{"volumes":[{"name":"v","hostPath":{"path":"` + deep + `"}}]}`)).field(prefix + spec + "volumes.hostPath.within")
	if len(got) != mostLevels || got[0] != deep || got[1] != deep[:2*(mostLevels-1)] || got[mostLevels-1] != "/a" {
		t.Errorf("%d directories, from %.100q to %.100q", len(got), got[1:2], got[len(got)-1])
	}
	newAsked(t).wants(inPod(`{"volumes":[{"hostPath":{"path":"/a"}},{"hostPath":{"path":"x/y"}},{"hostPath":{"path":"."}},{"hostPath":{"path":"//"}}]}`))(
		prefix+spec+"volumes.hostPath.within", "/a", "x/y", "x", "/")
}

// What a patch holds besides must not hide the kind of its volume.
func TestTheKindOfAVolumeIsSeenAmongOtherKeysOfAPatch(t *testing.T) {
	f := newAsked(t).wants(about("patch", `"requestObject":{"spec":{"volumes":[{"$patch":"replace"},{"name":"gone","$patch":"delete"},{"aaa":{},"name":"a","emptyDir":null,"$retainKeys":["name"],"hostPath":{"path":"/"}}]}}`))
	f(prefix+spec+"volumes.types", "aaa", "hostPath")
	f(prefix+spec+"volumes.hostPath[0]", "/")
}

func TestServicesIngressesAndPersistentVolumes(t *testing.T) {
	f := newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"services"},"requestObject":{"spec":{"type":"NodePort","ports":[{"port":80,"nodePort":30080},{"port":53,"protocol":"UDP"},{"port":"x"},null],"externalIPs":["192.0.2.1",7],"externalName":"x","loadBalancerSourceRanges":["0.0.0.0/0"],"selector":{"a":"b","n":1}}}}`)
	f(prefix+spec+"type", "NodePort")
	f(prefix+spec+"ports", "80/TCP", "53/UDP")
	f(prefix+spec+"ports[1]", "53/UDP")
	f(prefix+spec+"nodePorts", "30080")
	f(prefix+spec+"externalIPs", "192.0.2.1")
	f(prefix+spec+"externalName", "x")
	f(prefix+spec+"loadBalancerSourceRanges", "0.0.0.0/0")
	f(prefix+spec+"selector", "a=b")
	f("ka.req.service.ports[1]", `{"port":53,"protocol":"UDP"}`)
	f(prefix + spec + "tls")

	f = newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"ingresses"},"requestObject":{"metadata":{"annotations":{"kubernetes.io/ingress.class":"old"}},"spec":{"tls":[],"rules":[{"host":"a"},{},{"host":"*.b"}]}}}`)
	f(prefix+spec+"tls", "false")
	f(prefix+spec+"hosts", "a", "*.b")
	f(prefix+spec+"ingressClass", "old")
	newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"ingresses"},"requestObject":{"metadata":{"annotations":{"kubernetes.io/ingress.class":"old"}},"spec":{"ingressClassName":"new","tls":[{}]}}}`)(prefix+spec+"ingressClass", "new")

	f = newAsked(t).wants(`{"verb":"create","objectRef":{"resource":"persistentvolumes"},"requestObject":{"spec":{"hostPath":{"path":"/var/../etc/"},"local":{"path":"/x/"},"csi":{"driver":"d"}}}}`)
	f(prefix+spec+"persistentVolume.hostPath", "/etc")
	f(prefix+spec+"persistentVolume.local", "/x")
	f(prefix+spec+"persistentVolume.csi", "d")
	newAsked(t).wants(inPod(`{"hostPath":{"path":"/etc"}}`))(prefix + spec + "persistentVolume.hostPath")
}
