import assert from "node:assert/strict"
import { test } from "node:test"
import { Deployment } from "../../apps/v1/deployment.ts"
import { defaulted } from "../../testing.ts"
import { Pod } from "./pod.ts"
import { Service } from "./service.ts"

/** Texts are those of Kubernetes 1.36, pkg/api/pod/warnings.go and pkg/api/service/warnings.go. */

const c = { name: "c", image: "web" }
const podCases: readonly { name: string; metadata?: object; spec: object; warnings: readonly string[] }[] = [
  { name: "nothing", spec: { containers: [c] }, warnings: [] },
  {
    name: "names that are no host names",
    metadata: { name: "a.b" },
    spec: { containers: [c] },
    warnings: [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  },
  {
    name: "old labels, annotations and volumes",
    metadata: { name: "a", annotations: { "scheduler.alpha.kubernetes.io/critical-pod": "" } },
    spec: {
      containers: [c],
      nodeSelector: { "beta.kubernetes.io/os": "linux" },
      volumes: [{ name: "v", gitRepo: { repository: "r" } }],
    },
    warnings: [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
      "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
    ],
  },
  {
    name: "repeats",
    spec: {
      containers: [
        {
          ...c,
          env: [
            { name: "A", value: "1" },
            { name: "A", value: "$(A)2" },
            { name: "A", value: "3" },
          ],
        },
      ],
      imagePullSecrets: [{ name: "s" }, { name: "s" }],
      hostAliases: [{ ip: "1.1.1.1" }, { ip: "1.1.1.1" }],
    },
    warnings: [
      'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
      'spec.imagePullSecrets[1].name: duplicate name "s"',
      'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
    ],
  },
  {
    name: "ports in each other's way",
    spec: {
      containers: [
        {
          ...c,
          ports: [
            { name: "a", containerPort: 80 },
            { name: "a", containerPort: 80, hostPort: 8080 },
          ],
        },
        { name: "d", image: "web", ports: [{ containerPort: 80 }, { containerPort: 1, hostIP: "1.1.1.1" }] },
      ],
    },
    warnings: [
      "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
      "spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]",
      "spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[1]",
      "spec.containers[1].ports[1]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:1 Protocol:TCP HostIP:1.1.1.1}",
      'spec.containers[0].ports[1]: duplicate port name "a" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
    ],
  },
  {
    name: "half a byte, and selectors of nothing",
    spec: {
      containers: [{ ...c, resources: { requests: { memory: "1500m" } } }],
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" }],
      affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: "zone" }] } },
    },
    warnings: [
      "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
      'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
      "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod",
    ],
  },
]
for (const { name, metadata = { name: "a" }, spec, warnings } of podCases) {
  test(`warnings for a pod: ${name}`, () => {
    const pod = defaulted(Pod, { metadata, spec })
    assert.deepEqual(Pod.strategy.warnings?.(pod as never, undefined), warnings)
    assert.deepEqual(Pod.strategy.warnings?.(pod as never, pod as never), [])
  })
}

test("a template is warned about when it is new or may have changed", () => {
  const template = { spec: { containers: [c], terminationGracePeriodSeconds: -1 } }
  const at = (generation: number) => defaulted(Deployment, { metadata: { name: "a", generation }, spec: { template } })
  const warning =
    "spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
  const warnings = (now: object, old?: object) => Deployment.strategy.warnings?.(now as never, old as never)
  assert.deepEqual(warnings(at(1)), [warning])
  assert.deepEqual(warnings(at(2), at(1)), [warning])
  assert.deepEqual(warnings(at(2), at(2)), [])
})

test("fields of a service without effect", () => {
  const spec = { clusterIP: "None", sessionAffinity: "ClientIP", externalIPs: ["1.1.1.1"], externalName: "a" }
  assert.deepEqual(Service.strategy.warnings?.(defaulted(Service, { spec }) as never, undefined), [
    "spec.externalIPs is ignored for headless services",
    "spec.SessionAffinity is ignored for headless services",
    'spec.externalName is ignored when spec.type is not "ExternalName"',
  ])
})
