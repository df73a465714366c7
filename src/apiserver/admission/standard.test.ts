import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { ServiceAccount } from "../../api/core/v1/service-account.ts"
import { RuntimeClass } from "../../api/node/v1/runtime-class.ts"
import { PriorityClass } from "../../api/scheduling/v1/priority-class.ts"
import { createClient } from "../../client/typed-client.ts"
import { startTestBack, type TestBack } from "../resources/testing.ts"
import { standardAdmission } from "./standard.ts"

let back: TestBack
const everybody = () => ({ authorize: () => ({ allowed: true }) })
before(async () => {
  back = await startTestBack({ admission: (reader, platform) => standardAdmission(reader, platform, everybody) })
  for (const name of ["default", "team"]) await back.client.of(Namespace).create({ metadata: { name } })
  await back.client.of(ServiceAccount).create({ metadata: { name: "default", namespace: "default" } })
})
after(() => back.close())

const namespace = "default"
const containers = [{ name: "c", image: "i" }]
const pods = () => back.client.of(Pod)
const run = (name: string, spec: object = {}) =>
  pods().create({ metadata: { name, namespace }, spec: { containers, ...spec } })

test("namespaces must exist and not be ending", async () => {
  const maps = back.client.of(ConfigMap)
  await assert.rejects(maps.create({ metadata: { name: "a", namespace: "none" } }), {
    code: 404,
    message: 'namespaces "none" not found',
  })
  await back.client.of(Namespace).delete({ name: "team" })
  await assert.rejects(maps.create({ metadata: { name: "a", namespace: "team" } }), {
    code: 403,
    message:
      'configmaps "a" is forbidden: unable to create new content in namespace team because it is being terminated',
  })
  await assert.rejects(back.client.of(Namespace).delete({ name: "default" }), {
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  })
})

test("a pod gets an account and its files", async () => {
  const { spec } = await run("equipped")
  assert.equal(spec.serviceAccountName, "default")
  assert.equal(spec.serviceAccount, "default")
  const volume = spec.volumes?.[0]
  assert.match(volume?.name ?? "", /^kube-api-access-[a-z\d]{5}$/)
  assert.deepEqual(
    volume?.projected?.sources?.map((source) => Object.keys(source)),
    [["serviceAccountToken"], ["configMap"], ["downwardAPI"]],
  )
  assert.deepEqual(spec.containers[0]?.volumeMounts, [
    { name: volume?.name, readOnly: true, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" },
  ])
  assert.equal((await run("plain", { automountServiceAccountToken: false })).spec.volumes, undefined)
})

test("a pod waits a moment for the default account, and not for others", async () => {
  await assert.rejects(run("lost", { serviceAccountName: "nobody" }), {
    message:
      'pods "lost" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found',
  })
  await back.client.of(Namespace).create({ metadata: { name: "fresh" } })
  const pending = pods().create({ metadata: { name: "early", namespace: "fresh" }, spec: { containers } })
  await back.client.of(ServiceAccount).create({ metadata: { name: "default", namespace: "fresh" } })
  await back.platform.advance(100)
  assert.equal((await pending).spec.serviceAccountName, "default")
})

test("priority comes from the class", async () => {
  await back.client.of(PriorityClass).create({ metadata: { name: "high" }, value: 1000, preemptionPolicy: "Never" })
  const high = await run("high", { priorityClassName: "high" })
  assert.deepEqual([high.spec.priority, high.spec.preemptionPolicy], [1000, "Never"])
  const plain = await run("ordinary")
  assert.deepEqual([plain.spec.priority, plain.spec.preemptionPolicy], [0, "PreemptLowerPriority"])
  await assert.rejects(run("unknown", { priorityClassName: "no" }), {
    message: 'pods "unknown" is forbidden: no PriorityClass with name no was found',
  })
  await assert.rejects(run("cheating", { priority: 7 }), /the integer value of priority \(7\) must not be provided/)
})

test("pods tolerate a failing node for five minutes, new nodes get no pods", async () => {
  const { spec } = await run("patient", { tolerations: [{ key: "node.kubernetes.io/not-ready", operator: "Exists" }] })
  assert.deepEqual(
    spec.tolerations?.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ["node.kubernetes.io/not-ready", undefined],
      ["node.kubernetes.io/unreachable", 300],
    ],
  )
  const node = await back.client.of(Node).create({ metadata: { name: "new" } })
  assert.deepEqual(node.spec.taints, [{ key: "node.kubernetes.io/not-ready", effect: "NoSchedule" }])
})

test("a runtime class adds its overhead and rules", async () => {
  await back.client.of(RuntimeClass).create({
    metadata: { name: "vm" },
    handler: "vm",
    overhead: { podFixed: { memory: "64Mi" } },
    scheduling: { nodeSelector: { vm: "yes" }, tolerations: [{ key: "vm", operator: "Exists" }] },
  })
  const { spec } = await run("isolated", { runtimeClassName: "vm" })
  assert.deepEqual({ ...spec.overhead }, { memory: "64Mi" })
  assert.deepEqual({ ...spec.nodeSelector }, { vm: "yes" })
  assert.equal(
    spec.tolerations?.some(({ key }) => key === "vm"),
    true,
  )
  await assert.rejects(run("without", { runtimeClassName: "none" }), /pod rejected: RuntimeClass "none" not found/)
})

test("a kubelet changes only what is its own", async () => {
  const user = { name: "system:node:n1", groups: ["system:nodes", "system:authenticated"] }
  const kubelet = createClient(back.as(user), { fieldManager: "kubelet" })
  const nodes = kubelet.of(Node)
  await assert.rejects(nodes.create({ metadata: { name: "n2" } }), {
    message: 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"',
  })
  await assert.rejects(
    nodes.create({ metadata: { name: "n1", labels: { "node-restriction.kubernetes.io/a": "b" } } }),
    {
      message:
        'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a',
    },
  )
  const node = await nodes.create({ metadata: { name: "n1", labels: { "kubernetes.io/os": "linux", mine: "x" } } })
  await assert.rejects(nodes.update({ ...node, spec: {} }), {
    message: 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints',
  })
  const pod = await run("elsewhere")
  await assert.rejects(kubelet.of(Pod).updateStatus({ ...pod, status: { phase: "Running" } }), {
    message:
      'pods "elsewhere" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself',
  })
})

test("what has no name yet is called by its prefix", async () => {
  const path = "/api/v1/namespaces/default/pods"
  const body = { metadata: { generateName: "web-" }, spec: { containers, serviceAccountName: "nobody" } }
  await assert.rejects(back.transport.send({ method: "POST", path, body }), /^StatusError: pods "web-" is forbidden: /)
})

test("a template is not a pod", async () => {
  const labels = { app: "a" }
  const template = { metadata: { labels }, spec: { containers } }
  const spec = { selector: { matchLabels: labels }, template }
  const created = await back.client.of(Deployment).create({ metadata: { name: "d", namespace }, spec })
  assert.equal(created.spec.template.spec?.tolerations, undefined)
})
