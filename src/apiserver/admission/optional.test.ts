import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Event } from "../../api/core/v1/event.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Service } from "../../api/core/v1/service.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { ClusterRole } from "../../api/rbac/v1/cluster-role.ts"
import { ClusterRoleBinding } from "../../api/rbac/v1/cluster-role-binding.ts"
import { createClient } from "../../client/typed-client.ts"
import { createInProcessTransport } from "../in-process.ts"
import { readAdmissionConfiguration } from "./configuration.ts"
import { settingsProblems } from "./settings.ts"
import { startTestApi, type TestApi } from "./testing.ts"

const dir = mkdtempSync(join(tmpdir(), `gantry-optional-${process.pid}-`))
const file = join(dir, "admission.yaml")
writeFileSync(
  join(dir, "selectors.yaml"),
  `podNodeSelectorPluginConfig:
  clusterDefaultNodeSelector: zone=a
  strict: zone=a`,
)
writeFileSync(
  file,
  `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodNodeSelector
  path: selectors.yaml
- name: PodTolerationRestriction
  configuration:
    apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
    kind: Configuration
    default: [{ key: extra, operator: Exists }]
    whitelist: []
- name: EventRateLimit
  configuration:
    apiVersion: eventratelimit.admission.k8s.io/v1alpha1
    kind: Configuration
    limits: [{ type: Namespace, qps: 1, burst: 2 }]
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: { enforce: baseline }
    exemptions: { namespaces: [free] }`,
)
const ENABLED = [
  "NamespaceAutoProvision",
  "LimitPodHardAntiAffinityTopology",
  "AlwaysPullImages",
  "PodNodeSelector",
  "PodTolerationRestriction",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "OwnerReferencesPermissionEnforcement",
  "DenyServiceExternalIPs",
]
let api: TestApi
before(async () => {
  const admission = { enable: ENABLED, disable: ["ServiceAccount"], plugins: readAdmissionConfiguration(file) }
  api = await startTestApi(undefined, { admission })
})
after(async () => {
  await api.close()
  rmSync(dir, { recursive: true })
})

const pod = (namespace: string, spec: object = {}) => ({
  metadata: { generateName: "p-", namespace },
  spec: { containers: [{ name: "c", image: "i:1", imagePullPolicy: "Never" as const }], ...spec },
})
const create = (namespace: string, spec?: object) => api.client.of(Pod).create(pod(namespace, spec))

test("completes pods as the plugins that are on say, in a namespace that one of them makes", async () => {
  const resources = { limits: { "example.com/gpu": "1" }, requests: { "example.com/gpu": "1", cpu: "1" } }
  const made = await create("made", { containers: [{ name: "c", image: "i:1", resources }] })
  assert.equal((await api.client.of(Namespace).get({ name: "made" })).status.phase, "Active")
  assert.equal(made.spec.containers[0]?.imagePullPolicy, "Always")
  assert.deepEqual({ ...made.spec.nodeSelector }, { zone: "a" })
  assert.equal(made.spec.serviceAccountName ?? "", "")
  const keys = made.spec.tolerations?.map(({ key, effect }) => `${key}:${effect ?? ""}`)
  assert.deepEqual(keys, [
    "node.kubernetes.io/not-ready:NoExecute",
    "node.kubernetes.io/unreachable:NoExecute",
    "extra:",
    "node.kubernetes.io/memory-pressure:NoSchedule",
    "example.com/gpu:NoSchedule",
  ])
})

test("refuses pods in Kubernetes' words", async () => {
  const annotations = { "scheduler.alpha.kubernetes.io/tolerationsWhitelist": '[{"key":"only","operator":"Exists"}]' }
  await api.client.of(Namespace).create({ metadata: { name: "picky", annotations } })
  const labelSelector = { matchLabels: { a: "b" } }
  const podAntiAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: "zone" }],
  }
  const cases: readonly (readonly [string, object, RegExp])[] = [
    [
      "made",
      { nodeSelector: { zone: "b" } },
      /pod node label selector conflicts with its namespace node label selector$/,
    ],
    [
      "strict",
      { nodeSelector: { disk: "x" } },
      /pod node label selector labels conflict with its namespace whitelist$/,
    ],
    [
      "picky",
      {},
      /^pod tolerations \(possibly merged with namespace default tolerations\) conflict with its namespace whitelist$/,
    ],
    [
      "made",
      { affinity: { podAntiAffinity } },
      /has TopologyKey zone but only key kubernetes.io\/hostname is allowed$/,
    ],
    ["made", { hostNetwork: true }, /violates PodSecurity "baseline:latest": host namespaces \(hostNetwork=true\)$/],
  ]
  for (const [namespace, spec, message] of cases) await assert.rejects(create(namespace, spec), { message })
  assert.equal((await create("free", { hostNetwork: true })).spec.hostNetwork, true)
})

test("denies external addresses, and more events than a namespace may have", async () => {
  const service = {
    metadata: { name: "s", namespace: "made" },
    spec: { ports: [{ port: 80 }], externalIPs: ["203.0.113.9"] },
  }
  const message = 'services "s" is forbidden: Use of external IPs is denied by admission control'
  await assert.rejects(api.client.of(Service).create(service), { message })
  const event = (namespace: string, name: string) =>
    api.client
      .of(Event)
      .create({ metadata: { name, namespace }, involvedObject: { kind: "Pod", name: "p", namespace } })
  await event("calm", "a")
  await event("calm", "b")
  const limit = "Too many requests: limit reached on type Namespace for key calm"
  await assert.rejects(event("calm", "c"), { message: limit, code: 429 })
  await event("other", "a")
})

test("lets nobody set owners without the right to", async () => {
  const { client } = api
  const rules = [{ verbs: ["create", "get", "update"], apiGroups: [""], resources: ["configmaps"] }]
  await client.of(ClusterRole).create({ metadata: { name: "maps" }, rules })
  const apiGroup = "rbac.authorization.k8s.io"
  const roleRef = { apiGroup, kind: "ClusterRole", name: "maps" }
  const subjects = [{ kind: "User", apiGroup, name: "eve" }]
  await client.of(ClusterRoleBinding).create({ metadata: { name: "maps" }, roleRef, subjects })
  const transport = createInProcessTransport(api.server.call, { name: "eve", groups: [], extra: new Map() })
  const eve = createClient(transport, { fieldManager: "tester" })
  const owner = await client.of(ServiceAccount).create({ metadata: { name: "boss", namespace: "made" } })
  const reference = { apiVersion: "v1", kind: "ServiceAccount", name: "boss", uid: owner.metadata.uid }
  const metadata = (name: string, more: object) => ({
    metadata: { name, namespace: "made", ownerReferences: [{ ...reference, ...more }] },
  })
  const map = await eve.of(ConfigMap).create(metadata("m", {}))
  await assert.rejects(eve.of(ConfigMap).create(metadata("n", { blockOwnerDeletion: true })), {
    message:
      'configmaps "n" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
  })
  await assert.rejects(eve.of(ConfigMap).update({ ...map, metadata: { ...map.metadata, ownerReferences: [] } }), {
    message: 'configmaps "m" is forbidden: cannot set an ownerRef on a resource you can\'t delete: , <nil>',
  })
})

test("knows the names of plugins, and what they can be told", () => {
  assert.deepEqual(settingsProblems({ enable: ["Nope", "PodSecurity"], disable: ["PodSecurity"] }), [
    'enable-admission-plugins plugin "Nope" is unknown',
    "[PodSecurity] in enable-admission-plugins and disable-admission-plugins overlapped",
  ])
  writeFileSync(
    join(dir, "wrong.yaml"),
    `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: EventRateLimit
  configuration:
    apiVersion: eventratelimit.admission.k8s.io/v1alpha1
    kind: Configuration
    limits: [{ type: Server, qps: 0, burst: 5 }]`,
  )
  assert.throws(() => readAdmissionConfiguration(join(dir, "wrong.yaml")), {
    message: `couldn't init admission plugin "EventRateLimit": limits[0].qps: Invalid value: 0: must be positive`,
  })
})

const POD_SECURITY = "{ apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration"
const mistakes: readonly [plugin: string, configuration: string, problem: RegExp][] = [
  ["PodSecurity", `${POD_SECURITY}, default: {} }`, /unknown field "default"/],
  ["PodSecurity", `${POD_SECURITY}, defaults: { enforced: baseline } }`, /unknown field "enforced"/],
  ["PodSecurity", `${POD_SECURITY}, defaults: [] }`, /defaults: expected an object/],
  ["PodSecurity", `${POD_SECURITY}, exemptions: { users: [a] } }`, /unknown field "users"/],
  ["PodSecurity", `${POD_SECURITY}, exemptions: { usernames: a } }`, /usernames: expected a list of strings/],
  ["PodSecurity", "text", /configuration: expected an object/],
  ["PodNodeSelector", "{ podNodeSelectorPluginConfig: { a: 1 } }", /a: expected a string, found 1/],
]
for (const [plugin, configuration, problem] of mistakes) {
  test(`refuses a configuration of ${plugin} that it would not follow: ${configuration}`, () => {
    const path = join(dir, "mistake.yaml")
    const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration"
    writeFileSync(path, `${head}\nplugins: [{ name: ${plugin}, configuration: ${configuration} }]`)
    assert.throws(() => readAdmissionConfiguration(path), problem)
  })
}
