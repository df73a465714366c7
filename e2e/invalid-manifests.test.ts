import assert from "node:assert/strict"
import { after, before, describe, it } from "node:test"
import { startTestCluster, type TestCluster } from "./cluster.ts"

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const KEY =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const CONFIG_KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

/** What kubectl prints for manifests with faults: all of them at once, in Kubernetes' order and words. */
const cases: { readonly name: string; readonly manifest: string; readonly says: readonly string[] }[] = [
  {
    name: "a deployment with faults everywhere",
    manifest: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: Bad_Name, labels: {"a b": c}}
spec:
  replicas: -1
  selector: {matchLabels: {app: web}}
  strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}
  template:
    metadata: {labels: {app: other}}
    spec:
      restartPolicy: OnFailure
      containers:
      - name: UPPER
        image: ""
        imagePullPolicy: Sometimes
        ports: [{containerPort: 99999}]
        env: [{name: "1=x"}]
        resources: {requests: {cpu: 2}, limits: {cpu: 1}}
        livenessProbe: {periodSeconds: -1}
        volumeMounts: [{name: absent, mountPath: ""}]
      - {name: UPPER, image: x}`,
    says: [
      'The Deployment "Bad_Name" is invalid: ',
      `* metadata.name: Invalid value: "Bad_Name": ${SUBDOMAIN}`,
      `* metadata.labels: Invalid value: "a b": ${KEY}`,
      "* spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      '* spec.template.metadata.labels: Invalid value: {"app":"other"}: `selector` does not match template `labels`',
      `* spec.template.spec.containers[0].name: Invalid value: "UPPER": ${LABEL}`,
      "* spec.template.spec.containers[0].image: Required value",
      "* spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 99999: must be between 1 and 65535, inclusive",
      "* spec.template.spec.containers[0].env[0].name: Invalid value: \"1=x\": a valid environment variable name must consist only of printable ASCII characters other than '='",
      '* spec.template.spec.containers[0].volumeMounts[0].name: Not found: "absent"',
      "* spec.template.spec.containers[0].volumeMounts[0].mountPath: Required value",
      '* spec.template.spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
      '* spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      "* spec.template.spec.containers[0].livenessProbe: Required value: must specify a handler type",
      "* spec.template.spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0",
      `* spec.template.spec.containers[1].name: Invalid value: "UPPER": ${LABEL}`,
      '* spec.template.spec.containers[1].name: Duplicate value: "UPPER"',
      '* spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"',
      "* spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
  },
  {
    name: "a pod",
    manifest: `
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers: []
  volumes: [{name: v, emptyDir: {}, hostPath: {path: /x}}]
  nodeSelector: {"bad key": x}
  tolerations: [{operator: Exists, value: x, effect: Never}]
  dnsPolicy: Nope`,
    says: [
      'The Pod "p" is invalid: ',
      "* spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
      "* spec.containers: Required value",
      '* spec.dnsPolicy: Unsupported value: "Nope": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
      `* spec.nodeSelector: Invalid value: "bad key": ${KEY}`,
      "* spec.tolerations[0].operator: Invalid value: \"x\": value must be empty when `operator` is 'Exists'",
      '* spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  },
  {
    name: "a service",
    manifest: `
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  type: NodePort
  ports: [{port: 0, protocol: ICMP}, {port: 80}]
  sessionAffinity: Sometimes`,
    says: [
      'The Service "s" is invalid: ',
      "* spec.ports[0].name: Required value",
      "* spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
      '* spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
      "* spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
      "* spec.ports[1].name: Required value",
      '* spec.sessionAffinity: Unsupported value: "Sometimes": supported values: "ClientIP", "None"',
    ],
  },
  {
    name: "a config map",
    manifest: `
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {"bad key": x, twice: text}
binaryData: {twice: aGk=}`,
    says: [
      'The ConfigMap "c" is invalid: ',
      `* data[bad key]: Invalid value: "bad key": ${CONFIG_KEY}`,
      '* data[twice]: Invalid value: "twice": duplicate of key present in binaryData',
    ],
  },
  {
    name: "fields that do not exist",
    manifest: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  replica: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: x, img: z}]}}`,
    says: [
      'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.replica", unknown field "spec.template.spec.containers[0].img"',
    ],
  },
  {
    name: "a value of another type",
    manifest: `
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec: {replicas: three}`,
    says: [
      'Error from server (BadRequest): error when creating "STDIN": Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
  },
  {
    name: "a secret that is not base64",
    manifest: `
apiVersion: v1
kind: Secret
metadata: {name: s}
data: {word: "not base64!"}`,
    says: [
      'Error from server (BadRequest): error when creating "STDIN": Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 3',
    ],
  },
  {
    name: "a version that does not exist",
    manifest: `
apiVersion: apps/v2
kind: Deployment
metadata: {name: d}`,
    says: [
      'error: resource mapping not found for name: "d" namespace: "" from "STDIN": no matches for kind "Deployment" in version "apps/v2"',
      "ensure CRDs are installed first",
    ],
  },
  {
    name: "a namespace that does not exist",
    manifest: `
apiVersion: v1
kind: Pod
metadata: {name: p, namespace: nowhere}
spec: {containers: [{name: c, image: x}]}`,
    says: ['Error from server (NotFound): error when creating "STDIN": namespaces "nowhere" not found'],
  },
]

describe("invalid manifests", () => {
  let cluster: TestCluster
  before(async () => {
    cluster = await startTestCluster({ name: "invalid" })
  })
  after(() => cluster.down())

  for (const { manifest, name, says } of cases) {
    it(name, async () => {
      const { code, stderr } = await cluster.tryKubectl("apply -f -", { input: manifest })
      assert.equal(code, 1)
      assert.deepEqual(stderr.trimEnd().split("\n"), says)
    })
  }

  it("a change of what may not change", async () => {
    const deployment = (app: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: fixed}
spec:
  replicas: 0
  selector: {matchLabels: {app: ${app}}}
  template: {metadata: {labels: {app: ${app}}}, spec: {containers: [{name: c, image: x}]}}`
    await cluster.kubectl("apply -f -", { input: deployment("one") })
    const { code, stderr } = await cluster.tryKubectl("apply -f -", { input: deployment("two") })
    assert.equal(code, 1)
    const message = `spec.selector: Invalid value: {"matchLabels":{"app":"two"}}: field is immutable`
    assert.equal(stderr, `The Deployment "fixed" is invalid: ${message}\n`)
  })

  it("several documents: what is valid is applied, every fault is told", async () => {
    const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`
    const input = ["good-1", "BAD_1", "good-2", "BAD_2"].map(configMap).join("---\n")
    const { code, stderr, stdout } = await cluster.tryKubectl("apply -f -", { input })
    assert.equal(code, 1)
    assert.equal(stdout, "configmap/good-1 created\nconfigmap/good-2 created\n")
    assert.deepEqual(
      stderr.trimEnd().split("\n"),
      ["BAD_1", "BAD_2"].map((name) => {
        const cause = `metadata.name: Invalid value: "${name}": ${SUBDOMAIN}`
        return `Error from server (Invalid): error when creating "STDIN": ConfigMap "${name}" is invalid: ${cause}`
      }),
    )
  })
})
