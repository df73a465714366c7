import assert from "node:assert/strict"
import { test } from "node:test"
import type { AnyResource } from "../machinery/schema/resource.ts"
import { ControllerRevision } from "./apps/v1/controller-revision.ts"
import { Deployment } from "./apps/v1/deployment.ts"
import { TokenRequest } from "./authentication/v1/token-request.ts"
import { SubjectAccessReview } from "./authorization/v1/subject-access-review.ts"
import { Lease } from "./coordination/v1/lease.ts"
import { Binding } from "./core/v1/binding.ts"
import { ConfigMap } from "./core/v1/config-map.ts"
import { Endpoints } from "./core/v1/endpoints.ts"
import { Event } from "./core/v1/event.ts"
import { Namespace } from "./core/v1/namespace.ts"
import { Node } from "./core/v1/node.ts"
import { ReplicationController } from "./core/v1/replication-controller.ts"
import { Secret } from "./core/v1/secret.ts"
import { EndpointSlice } from "./discovery/v1/endpoint-slice.ts"
import { Event as NewEvent } from "./events/v1/event.ts"
import { RuntimeClass } from "./node/v1/runtime-class.ts"
import { ClusterRoleBinding } from "./rbac/v1/cluster-role-binding.ts"
import { Role } from "./rbac/v1/role.ts"
import { PriorityClass } from "./scheduling/v1/priority-class.ts"
import { createErrors } from "./testing.ts"

/** Messages and paths are those of Kubernetes 1.36, pkg/apis/<group>/validation. Pods and services have own tables. */

const template = { metadata: { labels: { app: "a" } }, spec: { containers: [{ name: "c", image: "web" }] } }
const selector = { matchLabels: { app: "a" } }
const KEY =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
const MISMATCH =
  'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`'

interface Case {
  readonly name: string
  readonly resource: AnyResource
  readonly manifest: object
  readonly errors: readonly string[]
}
const creations: readonly Case[] = [
  { name: "a good deployment", resource: Deployment, manifest: { spec: { selector, template } }, errors: [] },
  {
    name: "a deployment without a selector",
    resource: Deployment,
    manifest: { spec: { template } },
    errors: ["spec.selector: Required value", MISMATCH],
  },
  {
    name: "a deployment with everything wrong",
    resource: Deployment,
    manifest: {
      spec: {
        replicas: -1,
        minReadySeconds: 600,
        revisionHistoryLimit: -1,
        selector: { matchLabels: { app: "b" } },
        strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: "0%" } },
        template: { ...template, spec: { ...template.spec, restartPolicy: "Never", activeDeadlineSeconds: 1 } },
      },
    },
    errors: [
      "spec.replicas: Invalid value: -1: must be greater than or equal to 0",
      MISMATCH,
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
      "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported",
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "0%": may not be 0 when `maxSurge` is 0',
      "spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0",
      "spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds",
    ],
  },
  {
    name: "percentages",
    resource: Deployment,
    manifest: {
      spec: { selector, template, strategy: { rollingUpdate: { maxSurge: "many", maxUnavailable: "101%" } } },
    },
    errors: [
      `spec.strategy.rollingUpdate.maxSurge: Invalid value: "many": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%',
    ],
  },
  {
    name: "a replication controller without a template",
    resource: ReplicationController,
    manifest: { spec: {} },
    errors: ["spec.selector: Required value", "spec.template: Required value"],
  },
  {
    name: "a config map's keys",
    resource: ConfigMap,
    manifest: { data: { "a/b": "", same: "" }, binaryData: { same: "AA==" } },
    errors: [
      `data[a/b]: Invalid value: "a/b": ${KEY}`,
      'data[same]: Invalid value: "same": duplicate of key present in binaryData',
    ],
  },
  {
    name: "a config map's size",
    resource: ConfigMap,
    manifest: { data: { a: "x".repeat(1024 * 1024 + 1) } },
    errors: ["[]: Too long: may not be more than 1048576 bytes"],
  },
  {
    name: "a TLS secret without a key",
    resource: Secret,
    manifest: { type: "kubernetes.io/tls", data: { "tls.crt": "AA==" } },
    errors: ["data[tls.key]: Required value"],
  },
  {
    name: "registry credentials that are no JSON",
    resource: Secret,
    manifest: { type: "kubernetes.io/dockerconfigjson", stringData: { ".dockerconfigjson": "x" } },
    errors: [
      `data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`,
    ],
  },
  {
    name: "a service account token without an account",
    resource: Secret,
    manifest: { type: "kubernetes.io/service-account-token" },
    errors: ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
  },
  {
    name: "a namespace's finalizers",
    resource: Namespace,
    manifest: { spec: { finalizers: ["mine", "example.com/mine"] } },
    errors: [
      'spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
    ],
  },
  {
    name: "a node",
    resource: Node,
    manifest: {
      spec: {
        podCIDRs: ["10.0.0.0/24", "10.1.0.0/24"],
        taints: [
          { key: "a", effect: "NoSchedule" },
          { key: "a", effect: "NoSchedule" },
          { key: "b", effect: "Never" },
        ],
      },
      status: { capacity: { pods: "1.5" } },
    },
    errors: [
      'metadata.taints[1]: Duplicate value: {"key":"a","effect":"NoSchedule"}: taints must be unique by key and effect pair',
      'metadata.taints[2].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.pods: Invalid value: "1500m": must be an integer',
      'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
    ],
  },
  {
    name: "endpoints",
    resource: Endpoints,
    manifest: { subsets: [{}, { addresses: [{ ip: "169.254.1.1" }], ports: [{ port: 1 }, { port: 2, name: "b" }] }] },
    errors: [
      "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`",
      'subsets[1].addresses[0].ip: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
      "subsets[1].ports[0].name: Required value",
    ],
  },
  {
    name: "an endpoint slice",
    resource: EndpointSlice,
    manifest: {
      addressType: "IPv4",
      endpoints: [{ addresses: ["fd00::1"] }, { addresses: [] }],
      ports: [{ port: 1 }, { port: 2 }],
    },
    errors: [
      'ports[1].name: Duplicate value: ""',
      'endpoints[0].addresses: Invalid value: "fd00::1": must be an IPv4 address',
      "endpoints[1].addresses: Required value: must contain at least 1 address",
    ],
  },
  {
    name: "an event about something elsewhere",
    resource: Event,
    manifest: { metadata: { namespace: "a" }, involvedObject: { namespace: "b" } },
    errors: ['involvedObject.namespace: Invalid value: "b": does not match event.namespace'],
  },
  {
    name: "an event of the new API",
    resource: NewEvent,
    manifest: {
      metadata: { namespace: "a" },
      regarding: { namespace: "a" },
      type: "Odd",
      deprecatedCount: 1,
      series: { count: 1 },
    },
    errors: [
      'series.count: Invalid value: "": should be at least 2',
      "series.lastObservedTime: Required value",
      "eventTime: Required value",
      'type: Invalid value: "": has invalid value: Odd',
      'count: Invalid value: "": needs to be unset',
    ],
  },
  {
    name: "a lease",
    resource: Lease,
    manifest: { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    errors: [
      "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
      "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ],
  },
  {
    name: "a high priority",
    resource: PriorityClass,
    manifest: { metadata: { name: "mine" }, value: 1000000001, preemptionPolicy: "Maybe" },
    errors: [
      "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
      'preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"',
    ],
  },
  {
    name: "a system priority",
    resource: PriorityClass,
    manifest: { metadata: { name: "system-mine" }, value: 1 },
    errors: [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ],
  },
  { name: "a runtime class", resource: RuntimeClass, manifest: {}, errors: ["handler: Required value"] },
  {
    name: "a role's rules",
    resource: Role,
    manifest: {
      rules: [
        { verbs: [], apiGroups: [""] },
        { verbs: ["get"], nonResourceURLs: ["/x"], resources: ["pods"] },
      ],
    },
    errors: [
      "rules[0].verbs: Required value: verbs must contain at least one value",
      "rules[0].resources: Required value: resource rules must supply at least one resource",
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
      'rules[1].nonResourceURLs: Invalid value: ["/x"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
  },
  {
    name: "a cluster role binding",
    resource: ClusterRoleBinding,
    manifest: {
      roleRef: { kind: "Role", name: "" },
      subjects: [
        { kind: "ServiceAccount", name: "s" },
        { kind: "Robot", name: "r" },
      ],
    },
    errors: [
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      "roleRef.name: Required value",
      "subjects[0].namespace: Required value",
      'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
    ],
  },
  {
    name: "a controller revision's data",
    resource: ControllerRevision,
    manifest: { revision: -1 },
    errors: [
      "revision: Invalid value: -1: must be greater than or equal to 0",
      "data: Required value: data is mandatory",
    ],
  },
  {
    name: "an access review about nobody",
    resource: SubjectAccessReview,
    manifest: { metadata: { name: "x" }, spec: {} },
    errors: [
      "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
      'spec.user: Invalid value: "": at least one of user or group must be specified',
      'metadata: Invalid value: {"name":"x"}: must be empty',
    ],
  },
  {
    name: "a short token",
    resource: TokenRequest,
    manifest: { spec: { expirationSeconds: 599 } },
    errors: ["spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes"],
  },
  {
    name: "a binding",
    resource: Binding,
    manifest: { target: { kind: "Pod" } },
    errors: [
      'target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"',
      "target.name: Required value",
    ],
  },
]
for (const { name, resource, manifest, errors } of creations) {
  test(`validation of ${name}`, () => assert.deepEqual(createErrors(resource, manifest), errors))
}
