import { BUSYBOX } from "./busybox-image.ts"

/** One thing that people do with kubectl. */
export interface Step {
  /** For the shell. `k` is the kubectl under test in a namespace of its own. */
  readonly run: string
  /** What has to stand in what it prints, errors included. */
  readonly says?: RegExp
  /** Default: 0. */
  readonly code?: number
  /** The first minor version of kubectl that can do it. */
  readonly since?: number
}

const web = (labels: string, replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {${labels}}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - {name: main, image: "${BUSYBOX}", command: [sh, -c, "echo started; exec httpd -f -p 8080"], ports: [{containerPort: 8080}]}
`
const applied = (text: string, options = "") => `k apply ${options} -f - <<'END'${text}END`
const map = (data: string) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {${data}}
`

/** Objects: made, changed and shown in every way. Each step stands on those before it. */
export const objects: readonly Step[] = [
  { run: applied(web("a: one", 1)), says: /deployment.apps\/web created/ },
  { run: applied(web("a: one", 1)), says: /deployment.apps\/web unchanged/ },
  { run: applied(web("a: two", 2)), says: /deployment.apps\/web configured/ },
  { run: applied(web("a: two", 2), "--server-side"), says: /deployment.apps\/web serverside-applied/ },
  {
    run: applied(web("a: three", 2), "--server-side --field-manager=other"),
    // Until 1.25 kubectl left what it had applied on the client's side to `kubectl-client-side-apply`: two conflicts.
    says: /conflicts? with "kubectl/,
    code: 1,
  },
  {
    run: applied(web("a: three", 2), "--server-side --field-manager=other --force-conflicts"),
    says: /serverside-applied/,
  },
  { run: applied(web("a: four", 2), "--dry-run=server"), says: /configured \(server dry run\)/ },
  { run: applied(web("a: four", 2), "--dry-run=client"), says: /configured \(dry run\)/ },
  {
    run: `k diff -f - <<'END'${web("a: five", 2)}END`,
    says: /\+ *a: five/,
    code: 1,
    since: 22,
  },
  { run: "k rollout status deployment/web --timeout=60s", says: /successfully rolled out/ },
  { run: applied(map("a: b")), says: /configmap\/settings created/ },
  { run: `EDITOR="sed -i 's/a: b/a: edited/'" k edit configmap settings`, says: /configmap\/settings edited/ },
  { run: "EDITOR=true k edit configmap settings", says: /Edit cancelled, no changes made/ },
  { run: "k get configmap settings -o jsonpath='{.data.a}'", says: /^edited$/ },
  { run: `k patch configmap settings -p '{"data":{"b":"strategic"}}'`, says: /patched/ },
  { run: `k patch configmap settings --type=merge -p '{"data":{"c":"merge","b":null}}'`, says: /patched/ },
  {
    run: `k patch configmap settings --type=json -p '[{"op":"add","path":"/data/d","value":"json"}]' -o jsonpath='{.data}'`,
    says: /^{"a":"edited","c":"merge","d":"json"}$/,
  },
  { run: `k patch configmap settings -p '{}'`, says: /patched \(no change\)/ },
  {
    run: `k patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":1}}'`,
    says: /scale.autoscaling\/web patched/,
    since: 24,
  },
  { run: `k get deployment web --subresource=scale`, says: /NAME +DESIRED +AVAILABLE\n|NAME +/, since: 24 },
  { run: `k get deployment web --subresource=status -o jsonpath='{.kind}'`, says: /^Deployment$/, since: 24 },
  {
    run: `k patch deployment web --subresource=status --type=merge -p '{"status":{"observedGeneration":1}}'`,
    says: /deployment.apps\/web patched/,
    since: 24,
  },
  { run: `k replace -f - <<'END'${map("x: one")}END`, says: /configmap\/settings replaced/ },
  { run: `k replace --force -f - <<'END'${map("x: two")}END`, says: /deleted.*replaced/s },
  { run: "k label configmap settings tier=back", says: /labeled/ },
  { run: "k label configmap settings tier=front", says: /already has a value/, code: 1 },
  { run: "k label configmap settings tier=front --overwrite", says: /labeled/ },
  { run: "k label configmap settings tier-", says: /labeled/ },
  { run: "k annotate configmap settings note='a b' other-", says: /annotate/ },
  { run: "k get deployment,configmap,pods -o wide", says: /deployment.apps\/web .*configmap\/settings.*pod\/web-/s },
  { run: "k get deployment web -o yaml", says: /^apiVersion: apps\/v1\nkind: Deployment/ },
  { run: "k get deployments -o json", says: /"kind": "List"/ },
  {
    run: `k get pods -o custom-columns=N:.metadata.name,I:.spec.containers[0].image`,
    says: /web-\S+ +gantry.test\/busybox:1/,
  },
  { run: `k get pods -o go-template='{{range .items}}{{.status.phase}} {{end}}'`, says: /Running/ },
  { run: "k get pods --sort-by=.metadata.creationTimestamp -l app=web --show-labels", says: /app=web/ },
  { run: "k get pods -l 'app in (web),!nothing' --field-selector=status.phase=Running -o name", says: /pod\/web-/ },
  { run: "k get pods --field-selector=spec.nothing=1", says: /field label not supported: spec.nothing/, code: 1 },
  { run: "k get pods -A --chunk-size=1", says: /web-/ },
  { run: "k get nothing", says: /the server doesn't have a resource type "nothing"/, code: 1 },
  { run: "k get pods nobody", says: /Error from server \(NotFound\): pods "nobody" not found/, code: 1 },
  { run: "timeout 3 $KUBECTL -n $NS get configmaps -w --output-watch-events", says: /ADDED +settings/, code: 124 },
  { run: "k create configmap settings --from-literal=a=b", says: /configmaps "settings" already exists/, code: 1 },
  {
    run: applied("\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndta: {a: b}\n"),
    says: /unknown field "dta"|unknown field \\"dta\\"/,
    code: 1,
  },
  {
    run: "mkdir -p $TMP/k && printf 'configMapGenerator: [{name: made, literals: [a=b]}]' > $TMP/k/kustomization.yaml && k apply -k $TMP/k",
    says: /configmap\/made-\w+ created/,
  },
  { run: "k kustomize $TMP/k", says: /name: made-/ },
  { run: "k apply view-last-applied deployment web", says: /replicas: \d/ },
  { run: "k wait --for=condition=Available deployment/web --timeout=30s", says: /condition met/ },
  {
    run: "k wait --for=jsonpath='{.status.readyReplicas}'=1 deployment/web --timeout=30s",
    says: /condition met/,
    since: 23,
  },
  { run: "k wait --for=condition=Never deployment/web --timeout=1s", says: /timed out waiting/, code: 1 },
]

/** Kinds that kubectl can make without a file. */
export const generators: readonly Step[] = [
  { run: `k create deployment d1 --image=${BUSYBOX} --replicas=1 --port=80 -- sleep 3600`, says: /created/ },
  { run: `k create job j1 --image=${BUSYBOX} -- true`, says: /job.batch\/j1 created/ },
  {
    run: `k create cronjob c1 --image=${BUSYBOX} --schedule='0 0 1 1 *' -- true`,
    says: /cronjob.batch\/c1 created/,
    since: 21,
  },
  { run: "k create job j2 --from=cronjob/c1", says: /job.batch\/j2 created/, since: 21 },
  { run: "k create secret generic s1 --from-literal=a=b", says: /created/ },
  {
    run: "k create secret docker-registry s2 --docker-server=r --docker-username=u --docker-password=p",
    says: /created/,
  },
  {
    run: "openssl req -x509 -newkey rsa:2048 -nodes -keyout $TMP/key -out $TMP/crt -subj /CN=x 2>/dev/null && k create secret tls s3 --cert=$TMP/crt --key=$TMP/key",
    says: /created/,
  },
  { run: "k create serviceaccount robot", says: /created/ },
  { run: "k create token robot", says: /^eyJ/, since: 24 },
  { run: "k create token robot --duration=10m --audience=x", says: /^eyJ/, since: 24 },
  { run: "k create role reader --verb=get,list --resource=pods", says: /created/ },
  { run: "k create rolebinding reads --role=reader --serviceaccount=$NS:robot", says: /created/ },
  { run: "k create clusterrole $NS --verb=get --resource=nodes", says: /created/ },
  { run: "k create clusterrole $NS-all --aggregation-rule=of=$NS", says: /created/ },
  { run: "k create clusterrolebinding $NS --clusterrole=$NS --user=eve", says: /created/ },
  { run: "k create quota q1 --hard=pods=50,services=20", says: /created/ },
  { run: "k create poddisruptionbudget p1 --selector=app=web --min-available=0", says: /created/, since: 21 },
  { run: "k create ingress i1 --rule=example.com/=web:80", says: /created/ },
  { run: "k create priorityclass $NS --value=10 --description=x", says: /created/ },
  { run: "k create service clusterip cl --tcp=80:8080", says: /created/ },
  { run: "k create service nodeport np --tcp=80:8080", says: /created/ },
  { run: "k create service loadbalancer lb --tcp=80:8080", says: /created/ },
  { run: "k create service externalname en --external-name=example.com", says: /created/ },
  { run: "k create namespace $NS-more", says: /created/ },
  { run: `k run once --image=${BUSYBOX} --restart=Never --command -- sh -c 'echo hello'`, says: /pod\/once created/ },
  { run: "k wait --for=jsonpath='{.status.phase}'=Succeeded pod/once --timeout=30s", says: /condition met/, since: 23 },
  { run: "k logs once", says: /^hello$/m },
  { run: "k expose deployment web --port=80 --target-port=8080", says: /service\/web exposed/ },
  { run: "k autoscale deployment web --min=1 --max=3 --cpu-percent=80", says: /autoscaled|created/ },
  { run: "k describe all", says: /Name: +web/ },
  {
    // Older ones ask for versions of these two that Kubernetes does not serve any more.
    run: "for kind in $($KUBECTL api-resources --verbs=get -o name | grep -v 'ipaddresses\\|servicecidrs'); do k describe $kind -A >/dev/null || exit 1; done 2>&1",
    since: 23,
  },
]

/** Workloads: looked into, rolled out, moved. */
export const workloads: readonly Step[] = [
  { run: "k set env deployment/web A=1", says: /env updated/ },
  { run: "k rollout status deployment/web --timeout=60s", says: /successfully rolled out/ },
  { run: "k set env deployment/web --list", says: /A=1/ },
  { run: "k set image deployment/web main=gantry.test/none:1", says: /image updated/ },
  { run: "k rollout history deployment/web", says: /REVISION/ },
  { run: "k rollout undo deployment/web", says: /rolled back/ },
  { run: "k rollout pause deployment/web", says: /paused/ },
  { run: "k set resources deployment/web --limits=memory=64Mi", says: /resource requirements updated/ },
  { run: "k rollout resume deployment/web", says: /resumed/ },
  { run: "k rollout restart deployment/web", says: /restarted/ },
  { run: "k rollout status deployment/web --timeout=60s", says: /successfully rolled out/ },
  { run: "k set serviceaccount deployment/web robot", says: /serviceaccount updated/ },
  { run: "k set selector service cl app=web", says: /selector updated/ },
  { run: "k set subject rolebinding reads --user=eve", says: /subjects updated/ },
  { run: "k rollout status deployment/web --timeout=60s", says: /successfully rolled out/ },
  { run: "k scale deployment/web --replicas=2", says: /scaled/ },
  {
    run: "k scale deployment/web --current-replicas=5 --replicas=1",
    says: /Expected replicas to be 5, was 2/,
    code: 1,
  },
  { run: "k wait --for=condition=Ready pod -l app=web --timeout=60s", says: /condition met/ },
  { run: "k exec deployment/web -- cat /etc/hostname", says: /web-/ },
  { run: "k exec deployment/web -- sh -c 'exit 7'", says: /exit code 7/, code: 7 },
  { run: "echo typed | k exec -i deployment/web -- cat", says: /^typed$/m },
  { run: "k logs deployment/web --tail=1 --timestamps --prefix", says: /^\[pod\/web-.*Z started/m },
  { run: "k logs -l app=web --all-containers --since=1h --limit-bytes=100", says: /started/ },
  {
    run: "pod=$($KUBECTL -n $NS get pod -l app=web -o name | head -n 1) && echo copied > $TMP/file && k cp $TMP/file ${pod#pod/}:/tmp/file && k exec $pod -- cat /tmp/file && k cp ${pod#pod/}:/tmp/file $TMP/back && cat $TMP/back",
    says: /copied\n.*copied/s,
  },
  {
    run: "$KUBECTL -n $NS port-forward deployment/web 0:8080 > $TMP/pf & pid=$!; for i in $(seq 100); do grep -q Forwarding $TMP/pf && break; sleep 0.1; done; port=$(sed -n 's/.*127.0.0.1:\\([0-9]*\\) .*/\\1/p' $TMP/pf); wget -q -O - http://127.0.0.1:$port/etc/hostname || curl -s http://127.0.0.1:$port/etc/hostname; kill $pid",
    says: /web-/,
  },
  {
    run: "$KUBECTL proxy --port=0 > $TMP/px & pid=$!; for i in $(seq 100); do grep -q Starting $TMP/px && break; sleep 0.1; done; curl -s http://$(sed -n 's/.* on //p' $TMP/px)/api/v1/namespaces/$NS; kill $pid",
    says: /"kind": ?"Namespace"/,
  },
  { run: "timeout 2 $KUBECTL -n $NS attach deployment/web < /dev/null", code: 124 },
  {
    run: `k debug $($KUBECTL -n $NS get pod -l app=web -o name | head -n 1) --image=${BUSYBOX} -c tools -- sh -c 'echo looked' && sleep 2 && k logs $($KUBECTL -n $NS get pod -l app=web -o name | head -n 1) -c tools`,
    says: /looked/,
    since: 23,
  },
  { run: "k events", says: /Scheduled/, since: 26 },
  { run: "k get events --sort-by=.lastTimestamp", says: /Scheduled/ },
  { run: "k top nodes", says: /\d+m +\d+% +\d+Mi +\d+%/ },
  { run: "k top pods -A --containers" },
  { run: "k get apiservice v1beta1.metrics.k8s.io", says: /Local +True/ },
  { run: "k autoscale deployment d1 --max=2 --dry-run=client", says: /(created|autoscaled) \(dry run\)/ },
]

/** The cluster itself, and who may what. */
export const cluster: readonly Step[] = [
  { run: "k version", says: /Server Version/ },
  { run: "k cluster-info", says: /control plane.* is running at/ },
  {
    run: "k cluster-info dump --namespaces=$NS --output-directory=$TMP/dump && ls $TMP/dump/$NS",
    says: /deployments.json/,
  },
  { run: "k api-versions", says: /^apps\/v1$/m },
  { run: "k api-resources -o wide --sort-by=kind", says: /deployments +deploy +apps\/v1 +true/ },
  {
    // Of two kinds with one name, it takes the end of the second's group for fields of the first.
    run: "for kind in $($KUBECTL api-resources -o name | grep -v -e events.k8s.io -e metrics.k8s.io); do k explain --recursive $kind >/dev/null || exit 1; done",
    since: 23,
  },
  { run: "k explain pod.spec.containers.resources.limits", says: /FIELD: +limits/ },
  { run: "k auth can-i create pods", says: /^yes$/m },
  { run: "k auth can-i list nodes --as=eve -n $NS 2>/dev/null", says: /^no/m, code: 1 },
  {
    run: "k auth can-i --list --as=system:serviceaccount:$NS:robot",
    says: /selfsubjectreviews|selfsubjectaccessreviews/,
  },
  { run: "k auth whoami", says: /Username/, since: 28 },
  { run: "k get clusterrole $NS -o yaml | k auth reconcile -f -", says: /reconciled/ },
  {
    run: `openssl req -new -newkey rsa:2048 -nodes -keyout $TMP/rk -subj /CN=eve -out $TMP/csr 2>/dev/null
k create -f - <<END
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $NS}
spec: {request: $(base64 -w0 $TMP/csr), signerName: example.com/x, usages: [client auth]}
END
k certificate approve $NS && k get csr $NS`,
    says: /approved[^]*Approved/,
  },
  { run: "k taint nodes --all $NS=x:PreferNoSchedule", says: /tainted/ },
  { run: "k taint nodes --all $NS-", says: /untainted/ },
  { run: "k cordon $NODE", says: /cordoned/ },
  { run: "k uncordon $NODE", says: /uncordoned/ },
  {
    run: "k drain $NODE --ignore-daemonsets --delete-emptydir-data --force --pod-selector=app=web --timeout=60s",
    says: /drained|evicted/,
    since: 22,
  },
  { run: "k uncordon $NODE", says: /uncordoned/ },
  { run: "k get --raw /healthz", says: /^ok$/ },
  { run: "k get componentstatuses", says: /scheduler +Healthy/ },
]

/** Everything goes again. */
export const removal: readonly Step[] = [
  { run: "k delete pod once --grace-period=0 --force", says: /force deleted/ },
  { run: "k delete deployment d1 --cascade=orphan", says: /deleted/ },
  { run: "k get rs -l app=d1 -o name", says: /replicaset/ },
  { run: "k delete rs -l app=d1 --cascade=foreground --wait", says: /deleted/ },
  { run: "k delete configmap nothing --ignore-not-found" },
  { run: "k delete deployment web --dry-run=server", says: /deleted.*\(server dry run\)/ },
  { run: "k delete pod --all --now --wait=false", says: /deleted/ },
  { run: "k delete deployment web --wait=false && k wait --for=delete deployment/web --timeout=30s", since: 23 },
  { run: "k delete configmap,secret,service --all", says: /deleted/ },
  {
    run: "k delete clusterrole/$NS clusterrole/$NS-all clusterrolebinding/$NS priorityclass/$NS csr/$NS namespace/$NS-more",
    says: /deleted/,
  },
  { run: "k delete namespace $NS --wait", says: /deleted/ },
  { run: "k get namespace $NS", says: /not found/, code: 1 },
]
