import assert from "node:assert/strict"
import { test } from "node:test"
import { createErrors } from "../../../testing.ts"
import { Pod } from "../pod.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/core/validation. */

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const PORT_RANGE = "must be between 1 and 65535, inclusive"
const good = { name: "c", image: "web" }
const pod = (spec: object) => ({ metadata: { name: "p" }, spec: { containers: [good], ...spec } })
const withContainer = (container: object, spec: object = {}) =>
  pod({ containers: [{ ...good, ...container }], ...spec })

const cases: readonly { name: string; manifest: object; errors: readonly string[] }[] = [
  { name: "a good pod", manifest: pod({}), errors: [] },
  { name: "no containers", manifest: pod({ containers: [] }), errors: ["spec.containers: Required value"] },
  {
    name: "everything that is wrong with a container, at once",
    manifest: withContainer({
      name: "No_Good",
      image: "",
      imagePullPolicy: "Sometimes",
      terminationMessagePolicy: "Log",
      ports: [
        { name: "http", containerPort: 80 },
        { name: "http", containerPort: 70000, protocol: "HTTP" },
        { name: "-", containerPort: 0, hostPort: -1 },
      ],
      env: [
        { name: "" },
        { name: "A=B" },
        { name: "OK", value: "v", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      ],
      envFrom: [{}, { configMapRef: {} }],
      volumeMounts: [{ name: "absent", mountPath: "" }],
    }),
    errors: [
      `spec.containers[0].name: Invalid value: "No_Good": ${LABEL}`,
      "spec.containers[0].image: Required value",
      'spec.containers[0].terminationMessagePolicy: Unsupported value: "Log": supported values: "File", "FallbackToLogsOnError"',
      'spec.containers[0].ports[1].name: Duplicate value: "http"',
      `spec.containers[0].ports[1].containerPort: Invalid value: 70000: ${PORT_RANGE}`,
      'spec.containers[0].ports[1].protocol: Unsupported value: "HTTP": supported values: "SCTP", "TCP", "UDP"',
      'spec.containers[0].ports[2].name: Invalid value: "-": must contain at least one letter (a-z)',
      'spec.containers[0].ports[2].name: Invalid value: "-": must not begin or end with a hyphen',
      "spec.containers[0].ports[2].containerPort: Required value",
      `spec.containers[0].ports[2].hostPort: Invalid value: -1: ${PORT_RANGE}`,
      "spec.containers[0].env[0].name: Required value",
      `spec.containers[0].env[1].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`,
      'spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
      'spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
      "spec.containers[0].envFrom[1].configMapRef.name: Required value",
      'spec.containers[0].volumeMounts[0].name: Not found: "absent"',
      "spec.containers[0].volumeMounts[0].mountPath: Required value",
      'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
  },
  {
    name: "names and host ports that are taken",
    manifest: pod({
      containers: [
        { ...good, ports: [{ containerPort: 80, hostPort: 80 }] },
        { ...good, ports: [{ containerPort: 81, hostPort: 80 }] },
      ],
      initContainers: [good],
    }),
    errors: [
      'spec.containers[1].name: Duplicate value: "c"',
      'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"',
      'spec.initContainers[0].name: Duplicate value: "c"',
    ],
  },
  {
    name: "resources",
    manifest: withContainer({
      resources: {
        limits: { cpu: "1", "example.com/gpu": "1.5" },
        requests: { cpu: "2", memory: "-1", nonsense: "1", "example.com/gpu": "1" },
      },
    }),
    errors: [
      'spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer',
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
      'spec.containers[0].resources.requests: Invalid value: "1": must be equal to example.com/gpu limit of 1500m',
      'spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0',
      'spec.containers[0].resources.requests[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[nonsense]: Invalid value: "nonsense": must be a standard resource for containers',
    ],
  },
  {
    name: "probes and hooks",
    manifest: withContainer({
      livenessProbe: {
        successThreshold: 2,
        httpGet: { port: 0, scheme: "FTP", httpHeaders: [{ name: "a b", value: "" }] },
      },
      readinessProbe: { initialDelaySeconds: -1, terminationGracePeriodSeconds: 5, exec: {} },
      startupProbe: {},
      lifecycle: { preStop: { sleep: { seconds: 31 } }, postStart: { exec: { command: ["a"] }, httpGet: { port: 1 } } },
    }),
    errors: [
      "spec.containers[0].lifecycle.postStart.httpGet: Forbidden: may not specify more than 1 handler type",
      "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
      `spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: ${PORT_RANGE}`,
      'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "FTP": supported values: "HTTP", "HTTPS"',
      `spec.containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
      "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
      "spec.containers[0].readinessProbe.exec.command: Required value",
      "spec.containers[0].readinessProbe.initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0",
      "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes",
      "spec.containers[0].startupProbe: Required value: must specify a handler type",
    ],
  },
  {
    name: "init containers",
    manifest: pod({
      initContainers: [
        { name: "i", image: "web", readinessProbe: { exec: { command: ["a"] } }, lifecycle: {} },
        { name: "s", image: "web", restartPolicy: "Always", readinessProbe: { exec: { command: ["a"] } } },
        { name: "x", image: "web", restartPolicy: "Maybe" },
      ],
    }),
    errors: [
      "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always",
      "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
      'spec.initContainers[2].restartPolicy: Unsupported value: "Maybe": supported values: "Always", "Never", "OnFailure"',
    ],
  },
  {
    name: "volumes",
    manifest: pod({
      volumes: [
        { name: "two", emptyDir: {}, hostPath: { path: "/a" } },
        { name: "up", hostPath: { path: "/a/../b", type: "Folder" } },
        { name: "secret", secret: { defaultMode: 512, items: [{ key: "", path: "../a" }] } },
        { name: "same", emptyDir: {} },
        { name: "same", configMap: { name: "c" } },
        { name: "claim", persistentVolumeClaim: { claimName: "" } },
        { name: "projected", projected: { sources: [{ secret: { name: "s" }, configMap: { name: "c" } }] } },
      ],
    }),
    errors: [
      "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type",
      `spec.volumes[1].hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
      'spec.volumes[1].hostPath.type: Unsupported value: "Folder": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
      "spec.volumes[2].secret.secretName: Required value",
      "spec.volumes[2].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive",
      "spec.volumes[2].secret.items[0].key: Required value",
      `spec.volumes[2].secret.items[0].path: Invalid value: "../a": must not contain '..'`,
      'spec.volumes[4].name: Duplicate value: "same"',
      "spec.volumes[5].persistentVolumeClaim.claimName: Required value",
      "spec.volumes[6].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source",
    ],
  },
  {
    name: "the downward API",
    manifest: withContainer({
      env: [
        { name: "A", valueFrom: { fieldRef: { fieldPath: "spec.color" } } },
        { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.labels" } } },
        { name: "C", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: "D", valueFrom: { resourceFieldRef: { resource: "limits.cpu", divisor: "1Mi" } } },
      ],
    }),
    errors: [
      'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.color": error converting fieldPath: field label not supported: spec.color',
      'spec.containers[0].env[1].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"',
      `spec.containers[0].env[3].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
  },
  {
    name: "security",
    manifest: withContainer(
      {
        securityContext: {
          runAsUser: -1,
          procMount: "Unmasked",
          seccompProfile: { type: "Localhost" },
          appArmorProfile: { type: "Magic" },
        },
      },
      {
        hostPID: true,
        shareProcessNamespace: true,
        securityContext: {
          fsGroup: -5,
          sysctls: [
            { name: "net/ipv4.x", value: "1" },
            { name: "A", value: "" },
          ],
        },
      },
    ),
    errors: [
      "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
      'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
      "spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost",
      'spec.containers[0].securityContext.appArmorProfile.type: Unsupported value: "Magic": supported values: "Localhost", "RuntimeDefault", "Unconfined"',
      "spec.securityContext.fsGroup: Invalid value: -5: must be between 0 and 2147483647, inclusive",
      "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and HostPID cannot both be enabled",
      'spec.securityContext.sysctls[1].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
    ],
  },
  {
    name: "scheduling",
    manifest: pod({
      nodeName: "n",
      schedulingGates: [{ name: "a" }, { name: "a" }],
      tolerations: [
        { operator: "Equal" },
        { key: "k", operator: "Exists", value: "v" },
        { key: "k", tolerationSeconds: 1 },
      ],
      topologySpreadConstraints: [{ maxSkew: 0, topologyKey: "", whenUnsatisfiable: "Panic", minDomains: 0 }],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "In" }] }],
          },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 101, preference: {} }],
        },
        podAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone", matchLabelKeys: ["a"] }],
        },
      },
    }),
    errors: [
      "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100",
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
      'spec.schedulingGates[1]: Duplicate value: "a"',
      "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
      "spec.topologySpreadConstraints[0].topologyKey: Required value: can not be empty",
      'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Panic": supported values: "DoNotSchedule", "ScheduleAnyway"',
      "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero",
      "spec.topologySpreadConstraints[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not Panic",
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
      `spec.tolerations[1].operator: Invalid value: "v": value must be empty when \`operator\` is 'Exists'`,
      `spec.tolerations[2].effect: Invalid value: "": effect must be 'NoExecute' when \`tolerationSeconds\` is set`,
      "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared",
    ],
  },
  {
    name: "names, DNS and host aliases",
    manifest: pod({
      restartPolicy: "Sometimes",
      dnsPolicy: "None",
      hostname: "a.b",
      activeDeadlineSeconds: 0,
      hostAliases: [{ ip: "256.1.1.1", hostnames: ["ok"] }],
    }),
    errors: [
      'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
      "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
      "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
      'spec.hostname: Invalid value: "a.b": must not contain dots',
      'spec.hostAliases[0].ip: Invalid value: "256.1.1.1": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  },
  {
    name: "what a new pod may not have",
    manifest: {
      metadata: { name: "p", annotations: { "controller.kubernetes.io/pod-deletion-cost": "+1" } },
      spec: {
        containers: [{ ...good, image: "web " }],
        ephemeralContainers: [{ name: "debug", image: "web", ports: [{ containerPort: 1 }] }],
      },
    },
    errors: [
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer',
      "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
      'spec.containers[0].image: Invalid value: "web ": must not have leading or trailing whitespace',
      "spec.ephemeralContainers: Forbidden: cannot be set on create",
    ],
  },
]
for (const { name, manifest, errors } of cases) {
  test(`a new pod: ${name}`, () => assert.deepEqual(createErrors(Pod, manifest), errors))
}
