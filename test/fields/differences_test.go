package fields_test

// difference is what fields of the incumbent give for an event, and what they
// give here. The event is given as the members that matter.
type difference struct {
	fields []string // names, with an argument in brackets; <list> stands for the three lists of containers
	event  string
	theirs []string // nil is no value
	ours   []string
	why    string
}

// The incumbent is k8saudit 0.18.0. Each row was compared with what it gives in
// Falco; TestTheIncumbentGivesWhatIsSaidOfIt does so
// again (build tag incumbent).
var differences = []difference{
	{
		fields: []string{"ka.sourceips"},
		event:  `"sourceIPs":["192.0.2.7","10.0.0.1"]`,
		ours:   []string{"192.0.2.7", "10.0.0.1"},
		why:    "It looks for the addresses among the rules of a role.",
	},
	{
		fields: []string{"ka.target.pod.name"},
		event:  `"verb":"create","objectRef":{"resource":"pods","namespace":"default","name":"web"},"requestObject":{"metadata":{"name":"web"}}`,
		ours:   []string{"web"},
		why:    "It takes the name from the response, which only level RequestResponse has.",
	},
	{
		fields: []string{"ka.target.name"},
		event:  `"verb":"create","objectRef":{"resource":"pods","namespace":"default"},"requestObject":{"metadata":{"generateName":"web-"}},"responseObject":{"kind":"Pod","metadata":{"name":"web-x7k2p"}}`,
		ours:   []string{"web-x7k2p"},
		why:    "The URI of a create has no name; the object in the request or the response has it.",
	},
	{
		fields: []string{"ka.target.namespace"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"metadata":{"namespace":"default"}}`,
		ours:   []string{"default"},
		why:    "Where the URI has none, the object may.",
	},
	{
		fields: []string{"ka.uri.param[command]"},
		event:  `"requestURI":"/api/v1/namespaces/default/pods/web/exec?command=sh&command=-c&command=id"`,
		theirs: []string{"sh"},
		ours:   []string{"sh -c id"},
		why:    "A parameter can be given several times; it takes the first.",
	},
	{
		fields: []string{"ka.uri.param[dryRun]"},
		event:  `"requestURI":"/api/v1/namespaces/default/pods?dryRun=All&x=%zz"`,
		ours:   []string{"All"},
		why:    "The API server passes over a malformed parameter; here, too, it does not hide the others.",
	},
	{
		fields: []string{"ka.req.configmap.name"},
		event:  `"verb":"get","objectRef":{"resource":"secrets","namespace":"default","name":"db"}`,
		theirs: []string{"db"},
		why:    "It is the name of any object, whatever its resource.",
	},
	{
		fields: []string{"ka.req.configmap.obj"},
		event:  `"verb":"create","objectRef":{"resource":"secrets","namespace":"default","name":"db"},"requestObject":{"kind":"Secret","data":{"password":"aHVudGVyMg=="}}`,
		theirs: []string{`{"password":"aHVudGVyMg=="}`},
		why:    "It shows the data of any object, also of a Secret.",
	},
	{
		fields: []string{"ka.req.binding.subject.has_name[alice]"},
		event:  `"verb":"create","objectRef":{"resource":"rolebindings","namespace":"default","name":"b"},"requestObject":{"subjects":[{"kind":"User","name":"bob"}]}`,
		theirs: []string{"true"},
		ours:   []string{"false"},
		why:    "It is always true, even for a request that is about no binding.",
	},
	{
		fields: []string{"ka.req.pod.<list>.eff_run_as_user"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"securityContext":{"runAsUser":1000},"<list>":[{"name":"a","securityContext":{"runAsUser":7}},{"name":"b","securityContext":{}}]}}`,
		theirs: []string{"0", "0"},
		ours:   []string{"7", "1000"},
		why:    "It looks for the ID beside the security contexts, and so never finds one.",
	},
	{
		fields: []string{"ka.req.pod.<list>.eff_run_as_group"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"securityContext":{"runAsGroup":1000},"<list>":[{"name":"a","securityContext":{"runAsGroup":7}},{"name":"b","securityContext":{}}]}}`,
		theirs: []string{"0", "0"},
		ours:   []string{"7", "1000"},
		why:    "As above.",
	},
	{
		fields: []string{"ka.req.pod.<list>.add_capabilities"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{"name":"a","securityContext":{"capabilities":{"add":["CAP_SYS_ADMIN","NET_RAW"]}}}]}}`,
		theirs: []string{`["CAP_SYS_ADMIN","NET_RAW"]`},
		ours:   []string{"SYS_ADMIN", "NET_RAW"},
		why:    "One JSON text for each container matches no comparison with a capability. The prefix CAP_ and small letters mean the same to a container runtime.",
	},
	{
		fields: []string{"ka.req.pod.<list>.image.repository"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{"name":"a","image":"localhost:5000/a/b:1"}]}}`,
		theirs: []string{"localhost"},
		ours:   []string{"localhost:5000/a/b"},
		why:    "It cuts at the first colon, which may be that of the registry's port.",
	},
	{
		fields: []string{"ka.req.container.image.repository"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"name":"a","image":"localhost:5000/a/b:1"}]}}`,
		theirs: []string{"localhost"},
		ours:   []string{"localhost:5000/a/b"},
		why:    "As above.",
	},
	{
		fields: []string{"ka.req.container.image"},
		event:  `"verb":"create","objectRef":{"resource":"deployments"},"requestObject":{"spec":{"template":{"spec":{"containers":[{"name":"a","image":"alpine"}]}}}}`,
		ours:   []string{"alpine"},
		why:    "Workloads have a pod specification, too.",
	},
	{
		fields: []string{"ka.req.pod.containers.host_port", "ka.req.pod.initContainers.host_port"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80},{"containerPort":81,"hostPort":8081}]}],"initContainers":[{"name":"a","ports":[{"containerPort":80},{"containerPort":81,"hostPort":8081}]}]}}`,
		theirs: []string{"80", "8081"},
		ours:   []string{"8081"},
		why:    "A port of the container is one of the node only with hostNetwork.",
	},
	{
		fields: []string{"ka.req.pod.<list>.name", "ka.req.pod.<list>.image"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{},{"name":"x","image":"x"}]}}`,
		ours:   []string{"", "x"},
		why:    "Element i is that of container i, and empty where the container says nothing; there one container without the value makes the whole list disappear.",
	},
	{
		fields: []string{"ka.req.pod.<list>.command", "ka.req.pod.<list>.args"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{"name":"a"},{"name":"b","command":["x"],"args":["x"]}]}}`,
		theirs: []string{"x"},
		ours:   []string{"", "x"},
		why:    "Element i is that of container i, and empty where the container says nothing; there the container is left out, so that elements of two lists do not belong together.",
	},
	{
		fields: []string{"ka.req.pod.<list>.privileged", "ka.req.pod.<list>.allow_privilege_escalation", "ka.req.pod.<list>.read_only_fs"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{"name":"a"},{"name":"b","securityContext":{"privileged":true,"allowPrivilegeEscalation":true,"readOnlyRootFilesystem":true}}]}}`,
		theirs: []string{"true"},
		ours:   []string{"", "true"},
		why:    "As above.",
	},
	{
		fields: []string{"ka.req.pod.<list>.run_as_user", "ka.req.pod.<list>.run_as_group", "ka.req.pod.<list>.proc_mount"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"<list>":[{"name":"a"},{"name":"b","securityContext":{"runAsUser":7,"runAsGroup":7,"procMount":"7"}}]}}`,
		theirs: []string{"7"},
		ours:   []string{"", "7"},
		why:    "As above.",
	},
	{
		fields: []string{"ka.req.container.privileged"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"name":"a"}],"initContainers":[{"name":"b","securityContext":{"privileged":true}}]}}`,
		theirs: []string{"false"},
		ours:   []string{"true"},
		why:    "Init and ephemeral containers count as well.",
	},
	{
		fields: []string{"ka.req.pod.host_network", "ka.req.container.host_network", "ka.req.pod.host_pid", "ka.req.pod.host_ipc"},
		event:  `"verb":"create","objectRef":{"resource":"deployments"},"requestObject":{"spec":{"template":{"spec":{"hostNetwork":true,"hostPID":true,"hostIPC":true}}}}`,
		ours:   []string{"true"},
		why:    "Deployments, DaemonSets, StatefulSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs and PodTemplates have a pod specification, too. This holds for all fields of pods, containers and volumes.",
	},
	{
		fields: []string{"ka.req.pod.run_as_user", "ka.req.pod.run_as_group", "ka.req.pod.fs_group", "ka.req.pod.supplemental_groups"},
		event:  `"verb":"create","objectRef":{"resource":"cronjobs"},"requestObject":{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"securityContext":{"runAsUser":7,"runAsGroup":7,"fsGroup":7,"supplementalGroups":[7]}}}}}}}`,
		ours:   []string{"7"},
		why:    "As above.",
	},
	{
		fields: []string{"ka.req.pod.host_network"},
		event:  `"verb":"patch","objectRef":{"resource":"pods","name":"web"},"requestObject":[{"op":"add","path":"/metadata/labels/a","value":"b"}],"responseObject":{"kind":"Pod","spec":{"hostNetwork":true}}`,
		ours:   []string{"true"},
		why:    "Of a patch, the object that it led to is read, where the event has it, not the patch. This holds for all fields of the request's object.",
	},
	{
		fields: []string{"ka.req.pod.host_pid"},
		event:  `"verb":"patch","objectRef":{"resource":"pods","name":"web"},"requestObject":[{"op":"add","path":"/spec/hostPID","value":true}]`,
		ours:   []string{"true"},
		why:    "Of a JSON patch without its result, what it writes is read.",
	},
	{
		fields: []string{"ka.req.pod.host_pid"},
		event:  `"verb":"update","objectRef":{"resource":"pods","subresource":"status","name":"web"},"requestObject":{"spec":{"hostPID":true}}`,
		theirs: []string{"true"},
		why:    "A request for the status leaves the specification as it was, whatever it says.",
	},
	{
		fields: []string{"ka.req.volume.hostpath[/etc]"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"volumes":[{"name":"a","hostPath":{"path":"/etc/"}}]}}`,
		theirs: []string{"false"},
		ours:   []string{"true"},
		why:    "/etc/, //etc and /var/../etc are /etc to the node.",
	},
	{
		fields: []string{"ka.req.volume.hostpath[/etc]"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"containers":[{"name":"a"}]}}`,
		ours:   []string{"false"},
		why:    "A pod without volumes mounts no path.",
	},
	{
		fields: []string{"ka.req.pod.volumes.hostpath"},
		event:  `"verb":"create","objectRef":{"resource":"pods"},"requestObject":{"spec":{"volumes":[{"name":"a","hostPath":{"path":"//etc/"}}]}}`,
		theirs: []string{"//etc/"},
		ours:   []string{"/etc"},
		why:    "The path that is mounted, however it is written.",
	},
	{
		fields: []string{"ka.req.pod.volumes.volume_type"},
		event:  `"verb":"patch","objectRef":{"resource":"pods","name":"web"},"requestObject":{"spec":{"volumes":[{"name":"a","$retainKeys":["name","hostPath"],"emptyDir":null,"hostPath":{"path":"/"}}]}}`,
		theirs: []string{"$retainKeys", "emptyDir", "hostPath"},
		ours:   []string{"hostPath"},
		why:    "Directives of a patch, and what it removes, are no kinds of volumes.",
	},
	{
		fields: []string{"ka.req.pod.volumes.flexvolume_driver"},
		event:  `"verb":"create","objectRef":{"resource":"daemonsets"},"requestObject":{"spec":{"template":{"spec":{"volumes":[{"name":"a","flexVolume":{"driver":"x/y"}}]}}}}`,
		ours:   []string{"x/y"},
		why:    "Workloads have a pod specification, too.",
	},
	{
		fields: []string{"ka.req.service.ports[1]"},
		event:  `"verb":"create","objectRef":{"resource":"services"},"requestObject":{"spec":{"ports":[{"port":80},{"port":443}]}}`,
		theirs: []string{`[{"port":80},{"port":443}]`},
		ours:   []string{`{"port":443}`},
		why:    "It ignores the index, and gives the whole list as one text.",
	},
	{
		fields: []string{"ka.response.reason"},
		event:  `"responseStatus":{"code":200,"reason":null}`,
		theirs: []string{"null"},
		why:    "A null is no value. This holds for all fields.",
	},
	{
		fields: []string{"ka.verb"},
		event:  `"verb":{"a":1}`,
		theirs: []string{`{"a":1}`},
		why:    "A value of another type than the API has there is no value. This holds for all fields.",
	},
}
