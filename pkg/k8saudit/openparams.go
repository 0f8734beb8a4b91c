package k8saudit

import (
	"path/filepath"

	"github.com/falcosecurity/plugin-sdk-go/pkg/sdk"
)

// usualPlaces are where distributions of Kubernetes write the audit log, as
// patterns.
var usualPlaces = []struct{ pattern, distribution string }{
	{"/var/log/kubernetes/audit/*.log", "kubeadm, as most manuals set it up"},
	{"/var/log/kubernetes/audit.log", "kubeadm, as the Kubernetes documentation sets it up"},
	{"/var/log/kubernetes/kube-apiserver-audit.log", "kind"},
	{"/var/log/audit/kube-apiserver-audit.log", "Kubespray"},
	{"/var/log/kube-apiserver/audit.log", "OpenShift"},
	{"/var/lib/rancher/k3s/server/logs/audit.log", "k3s"},
	{"/var/lib/rancher/rke2/server/logs/audit.log", "RKE2"},
	{"/var/log/kube-audit/audit-log.json", "RKE"},
	{"/var/log/apiserver/audit.log", "minikube, kOps"},
	{"/var/snap/microk8s/common/var/log/kube-apiserver-audit.log", "MicroK8s"},
}

// OpenParams names the audit logs that are on this machine.
func (p *Plugin) OpenParams() (params []sdk.OpenParam, err error) {
	defer p.recovered("looking for audit logs", &err)
	return findLogs("/"), nil
}

// findLogs looks in the usual places below root.
func findLogs(root string) []sdk.OpenParam {
	params := []sdk.OpenParam{}
	for _, place := range usualPlaces {
		found, _ := filepath.Glob(filepath.Join(root, place.pattern))
		for _, path := range found {
			params = append(params, sdk.OpenParam{Value: path, Desc: "the audit log of this machine (" + place.distribution + ")"})
		}
	}
	return params
}
