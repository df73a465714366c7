import assert from "node:assert/strict"
import { after, test } from "node:test"
import { builtinResources } from "../../api/all.ts"
import { Deployment } from "../../api/apps/v1/deployment.ts"
import { ReplicaSet } from "../../api/apps/v1/replica-set.ts"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Endpoints } from "../../api/core/v1/endpoints.ts"
import { Event } from "../../api/core/v1/event.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { Node } from "../../api/core/v1/node.ts"
import { Pod } from "../../api/core/v1/pod.ts"
import { Secret } from "../../api/core/v1/secret.ts"
import { Service } from "../../api/core/v1/service.ts"
import { EndpointSlice } from "../../api/discovery/v1/endpoint-slice.ts"
import { PriorityClass } from "../../api/scheduling/v1/priority-class.ts"
import { standardAdmission } from "../../apiserver/admission/standard.ts"
import { createInProcessTransport } from "../../apiserver/in-process.ts"
import { createResourceServer } from "../../apiserver/resources/resource-server.ts"
import { keyOf, startInformer } from "../../client/informer.ts"
import { createClient } from "../../client/typed-client.ts"
import type { AnyResource } from "../../machinery/schema/resource.ts"
import { timeFromMs } from "../../machinery/time/timestamp.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createMemoryStore } from "../../store/memory/memory-store.ts"
import { startControlPlane } from "./control-plane.ts"

/** A whole control plane on virtual time, with kubelets that report every pod ready two seconds after it was bound. */
async function startCluster(nodeCount: number) {
  const platform = createSimPlatform({ seed: 7 })
  const store = createMemoryStore({ platform })
  const everybody = () => ({ authorize: () => ({ allowed: true }) })
  const server = createResourceServer({
    store,
    platform,
    resources: builtinResources,
    admission: (reader) => standardAdmission(reader, platform, everybody),
  })
  await server.start()
  const abort = new AbortController()
  const { signal } = abort
  const admin = {
    name: "admin",
    groups: ["system:masters", "system:authenticated"],
    extra: new Map<string, string[]>(),
  }
  const client = createClient(createInProcessTransport(server.handle, admin), { fieldManager: "test" })
  for (const name of ["default", "kube-system", "kube-public", "kube-node-lease"])
    await client.of(Namespace).create({ metadata: { name } })
  const { decisions } = startControlPlane({
    call: server.handle,
    platform,
    signal,
    resources: builtinResources,
    ca: { cert: "CA", key: "" },
    serviceAccount: { privateKey: "" },
    podCidr: "10.244.0.0/16",
    identity: "server-1",
    loadBalancerPool: "10.90.0.0/24",
  })
  for (let index = 1; index <= nodeCount; index++) {
    await client.of(Node).create({
      metadata: { name: `n${index}`, labels: { "kubernetes.io/hostname": `n${index}` } },
      status: {
        allocatable: { cpu: "4", memory: "8Gi", pods: "110" },
        conditions: [{ type: "Ready", status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z" }],
      },
    })
  }
  const silent = new Set<string>()
  const beat = (name: string) => {
    const lastHeartbeatTime = timeFromMs(platform.clock.nowMs())
    const conditions = [{ type: "Ready", status: "True", lastHeartbeatTime }]
    const sent = client
      .of(Node)
      .patch({ name }, { status: { conditions } }, { type: "strategic", subresource: "status" })
    void sent.catch(() => undefined)
    platform.clock.after(10_000, () => silent.has(name) || beat(name))
  }
  for (let index = 1; index <= nodeCount; index++) beat(`n${index}`)
  const follow = <R extends AnyResource>(resource: R) => startInformer(client, resource, { platform, signal })
  const pods = follow(Pod)
  pods.onChange(({ type, object: pod }) => {
    if (type === "deleted" || !pod.spec.nodeName) return
    const { name, namespace } = pod.metadata
    const key = keyOf(pod)
    if (pod.metadata.deletionTimestamp !== undefined) {
      void client
        .of(Pod)
        .delete({ name, namespace }, { gracePeriodSeconds: 0 })
        .catch(() => undefined)
    } else if (pod.status.phase === "Pending") {
      platform.clock.after(2000, () => {
        if (pods.get(key) === undefined) return
        const lastTransitionTime = timeFromMs(platform.clock.nowMs())
        const conditions = [{ type: "Ready", status: "True", lastTransitionTime }]
        const status = { phase: "Running", podIP: "10.244.0.9", podIPs: [{ ip: "10.244.0.9" }], conditions }
        void client
          .of(Pod)
          .patch({ name, namespace }, { status }, { type: "merge", subresource: "status" })
          .catch(() => undefined)
      })
    }
  })
  after(async () => {
    abort.abort()
    server.close()
    await store.close()
  })
  return { platform, client, pods, follow, silent, decisions }
}

const web = (image: string, replicas = 3) => ({
  metadata: { name: "web", namespace: "default" },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main", image }] } },
  },
})

test("a deployment becomes pods on nodes, is updated without a gap, and leaves nothing when deleted", async () => {
  const { platform, client, pods, follow } = await startCluster(3)
  const [deployments, slices] = [follow(Deployment), follow(EndpointSlice)]
  await client.of(Service).create({
    metadata: { name: "web", namespace: "default" },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
  })
  await client.of(Deployment).create(web("app:1"))
  const status = () => deployments.get("default/web")?.status
  await platform.advanceUntil(() => status()?.availableReplicas === 3)
  assert.deepEqual(new Set(pods.list().map(({ spec }) => spec.nodeName)), new Set(["n1", "n2", "n3"]))
  assert.equal(pods.list()[0]?.spec.serviceAccountName, "default")
  const endpoints = () => slices.list("default").flatMap((slice) => slice.endpoints)
  await platform.advanceUntil(() => endpoints().filter(({ conditions }) => conditions.ready).length === 3)

  let least = 3
  pods.onChange(() => {
    const available = pods
      .list()
      .filter(({ status, metadata }) => status.phase === "Running" && !metadata.deletionTimestamp)
    least = Math.min(least, available.length)
  })
  const { generation } = (
    await client
      .of(Deployment)
      .patch({ namespace: "default", name: "web" }, { spec: web("app:2").spec }, { type: "merge" })
  ).metadata
  await platform.advanceUntil(() => {
    const now = status()
    return (
      now !== undefined &&
      (now.observedGeneration ?? 0) >= (generation ?? 0) &&
      now.updatedReplicas === 3 &&
      now.replicas === 3 &&
      now.availableReplicas === 3
    )
  })
  assert.equal(least, 3, "with 25% of three, no pod may be missing")
  const sets = (await client.of(ReplicaSet).list({ namespace: "default" })).items
  assert.deepEqual(sets.map(({ spec }) => spec.replicas).sort(), [0, 3])

  await client.of(Deployment).delete({ namespace: "default", name: "web" })
  await platform.advanceUntil(() => pods.list().length === 0)
})

test("a namespace ends with everything in it", async () => {
  const { platform, client, pods, follow } = await startCluster(1)
  const namespaces = follow(Namespace)
  await client.of(Namespace).create({ metadata: { name: "team" } })
  await client.of(ConfigMap).create({ metadata: { name: "settings", namespace: "team" } })
  await client.of(Deployment).create({ ...web("app:1", 2), metadata: { name: "web", namespace: "team" } })
  await platform.advanceUntil(() => pods.list("team").filter(({ status }) => status.phase === "Running").length === 2)
  await client.of(Namespace).delete({ name: "team" })
  await platform.advanceUntil(() => namespaces.get("team") === undefined)
  assert.deepEqual(pods.list("team"), [])
})

test("a silent node is tainted, and its pods move to another after their toleration", async () => {
  const { platform, client, pods, silent } = await startCluster(2)
  await client.of(Deployment).create(web("app:1", 2))
  await platform.advanceUntil(() => pods.list().filter(({ status }) => status.phase === "Running").length === 2)
  silent.add("n2")
  await platform.advance(60_000)
  const lost = await client.of(Node).get({ name: "n2" })
  assert.equal(lost.status.conditions?.find(({ type }) => type === "Ready")?.status, "Unknown")
  assert.ok(
    lost.spec.taints?.some(({ key, effect }) => key === "node.kubernetes.io/unreachable" && effect === "NoExecute"),
  )
  await platform.advanceUntil(
    () =>
      pods.list().filter(({ spec, metadata }) => spec.nodeName === "n1" && !metadata.deletionTimestamp).length === 2,
  )
})

test("when most nodes fall silent at once, only one loses its pods", async () => {
  const { platform, client, pods, silent } = await startCluster(10)
  await client.of(Deployment).create(web("app:1", 10))
  const settled = () => pods.list().filter(({ status }) => status.phase === "Running")
  await platform.advanceUntil(() => settled().length === 10)
  const nodeOf = new Map(pods.list().map(({ metadata, spec }) => [metadata.name, spec.nodeName]))
  for (const name of ["n1", "n2", "n3", "n4", "n5", "n6"]) silent.add(name)
  await platform.advance(1_800_000)
  const lost = [...nodeOf.keys()].filter((name) => {
    const pod = pods.get(`default/${name}`)
    return pod === undefined || pod.metadata.deletionTimestamp !== undefined
  })
  assert.deepEqual(new Set(lost.map((name) => nodeOf.get(name))).size, 1)
  const readiness = pods.list().filter(({ metadata }) => ["n2", "n3"].includes(nodeOf.get(metadata.name) ?? ""))
  assert.ok(
    readiness.every(({ status }) => status.conditions?.find(({ type }) => type === "Ready")?.status === "False"),
  )
})

test("Endpoints that users write are mirrored while their service has no selector", async () => {
  const { platform, client, follow } = await startCluster(0)
  const slices = follow(EndpointSlice)
  const mirrored = () => slices.list("default").filter(({ metadata }) => metadata.labels?.["mirror"] === "me")
  const metadata = { name: "db", namespace: "default" }
  await client.of(Service).create({ metadata, spec: { ports: [{ port: 5432 }] } })
  const subsets = [{ addresses: [{ ip: "192.0.2.7" }], ports: [{ port: 5432 }] }]
  await client.of(Endpoints).create({ metadata: { ...metadata, labels: { mirror: "me" } }, subsets })
  await platform.advanceUntil(() => mirrored().length === 1)
  assert.deepEqual(mirrored()[0]?.endpoints[0]?.addresses, ["192.0.2.7"])
  const written = mirrored()[0]?.metadata.resourceVersion
  await platform.advance(60_000)
  assert.equal(mirrored()[0]?.metadata.resourceVersion, written)
  await client.of(Service).patch(metadata, { spec: { selector: { app: "db" } } }, { type: "merge" })
  await platform.advanceUntil(() => mirrored().length === 0)
})

test("signs what joining machines read first, until their token ends and goes", async () => {
  const { platform, client } = await startCluster(0)
  const info = { metadata: { name: "cluster-info", namespace: "kube-public" }, data: { kubeconfig: "k" } }
  await client.of(ConfigMap).create(info)
  const expiration = timeFromMs(platform.clock.nowMs() + 60_000)
  await client.of(Secret).create({
    metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": "abcdef",
      "token-secret": "0123456789abcdef",
      "usage-bootstrap-signing": "true",
      expiration,
    },
  })
  const keys = async () => Object.keys((await client.of(ConfigMap).get(info.metadata)).data ?? {}).toSorted()
  await platform.advance(5000)
  assert.deepEqual(await keys(), ["jws-kubeconfig-abcdef", "kubeconfig"])
  await platform.advance(60_000)
  assert.deepEqual(await keys(), ["kubeconfig"])
  const tokens = await client.of(Secret).list({ namespace: "kube-system" })
  assert.deepEqual(
    tokens.items.map(({ metadata }) => metadata.name),
    [],
  )
})

test("owners of another namespace are none, and what owns something without a namespace cannot be missed", async () => {
  const { platform, client } = await startCluster(0)
  await client.of(Namespace).create({ metadata: { name: "team" } })
  const owner = await client.of(ConfigMap).create({ metadata: { name: "owner", namespace: "team" } })
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: owner.metadata.uid }]
  await client.of(ConfigMap).create({ metadata: { name: "near", namespace: "team", ownerReferences } })
  await client.of(ConfigMap).create({ metadata: { name: "far", namespace: "default", ownerReferences } })
  await client.of(PriorityClass).create({ metadata: { name: "wide", ownerReferences }, value: 1 })
  await platform.advance(10_000)
  const maps = (await client.of(ConfigMap).list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(
    maps.filter((name) => !name.startsWith("kube-")),
    ["near", "owner"],
  )
  await client.of(PriorityClass).get({ name: "wide" })
  const events = (await client.of(Event).list({ namespace: "default" })).items
  const told = (namespace: string) =>
    `ownerRef [v1/ConfigMap, namespace: ${namespace}, name: owner, uid: ${owner.metadata.uid}] does not exist in namespace "${namespace}"`
  assert.deepEqual(
    events.filter(({ reason }) => reason === "OwnerRefInvalidNamespace").map(({ message }) => message),
    [told("default"), told("")],
  )
})

test("what controllers did, and why, can be asked for", async () => {
  const { platform, client, decisions } = await startCluster(1)
  await client.of(Deployment).create(web("app:1", 1))
  await platform.advance(5000)
  const made = decisions
    .about({ namespace: "default", name: "web" })
    .find(({ controller, verb }) => controller === "deployment-controller" && verb === "create")
  assert.equal(made?.resource, "replicasets.apps")
  assert.deepEqual(made?.because, ["Deployment default/web added"])
  assert.deepEqual(made?.said, [`ScalingReplicaSet: Scaled up replica set ${made?.name} from 0 to 1`])
  const [pod] = (await client.of(Pod).list({ namespace: "default" })).items
  const maker = decisions
    .about({ namespace: "default", name: pod?.metadata.name ?? "", resource: "pods" })
    .filter(({ verb }) => verb === "create")
  assert.deepEqual(
    maker.map(({ because, controller, key }) => [controller, key, because]),
    [["replicaset-controller", `default/${made?.name}`, [`ReplicaSet default/${made?.name} added`]]],
  )
})
