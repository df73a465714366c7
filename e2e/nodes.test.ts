import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Node } from "../src/api/core/v1/node.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { succeed, until } from "./command.ts"

/** Three real nodes on one machine, and a second cluster beside them. */

let three: TestCluster
let other: TestCluster

before(async () => {
  three = await startTestCluster({ name: "three", nodes: 3 })
  other = await startTestCluster({ name: "other" })
})
after(async () => {
  await other?.down()
  await three?.down()
})

const IMAGE = "gantry.test/busybox:1"
const web = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web" },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: "web" } },
          },
        ],
        containers: [
          {
            name: "web",
            image: IMAGE,
            imagePullPolicy: "Never",
            command: ["sh", "-c", "mkdir /w; hostname > /w/index.html; exec httpd -f -p 8080 -h /w"],
            readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
          },
        ],
      },
    },
  },
}
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web" },
  spec: { type: "NodePort", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
}

const podsOf = async (cluster: TestCluster) =>
  (await cluster.get<{ items: Pod[] }>("pods -l app=web")).items.filter(({ metadata }) => !metadata.deletionTimestamp)

test("three nodes are ready, each with an address of its own", async () => {
  const { items } = await three.get<{ items: Node[] }>("nodes")
  assert.equal(items.length, 3)
  const addresses = items.map(({ status }) => status.addresses?.find(({ type }) => type === "InternalIP")?.address)
  assert.equal(new Set(addresses).size, 3)
  assert.equal(new Set(items.map(({ spec }) => spec.podCIDR)).size, 3)
})

test("pods on different nodes reach each other, and every node serves the node port", async () => {
  await three.apply(web, service)
  await three.kubectl("rollout status deployment/web --timeout=60s")
  const pods = await podsOf(three)
  assert.equal(new Set(pods.map(({ spec }) => spec.nodeName)).size, 3)
  for (const from of pods) {
    for (const to of pods) {
      const said = await three.kubectl(`exec ${from.metadata.name} -- wget -qO- http://${to.status.podIP}:8080`)
      assert.equal(said.trim(), to.metadata.name)
    }
    const byName = await three.kubectl(`exec ${from.metadata.name} -- wget -qO- http://web`)
    assert.ok(pods.some(({ metadata }) => metadata.name === byName.trim()))
  }
  const port = await three.kubectl("get service web -o jsonpath={.spec.ports[0].nodePort}")
  for (const { status } of pods) {
    const answer = (await (await fetch(`http://${status.hostIP}:${port}`)).text()).trim()
    assert.ok(pods.some(({ metadata }) => metadata.name === answer))
  }
})

test("logs and commands reach pods on every node", async () => {
  for (const { metadata } of await podsOf(three)) {
    assert.equal((await three.kubectl(`exec ${metadata.name} -- hostname`)).trim(), metadata.name)
    await three.kubectl(`logs ${metadata.name}`)
  }
})

test("two clusters side by side do not see each other", async () => {
  await other.apply(web, service)
  await other.kubectl("rollout status deployment/web --timeout=60s")
  assert.equal((await other.get<{ items: Node[] }>("nodes")).items.length, 1)
  const [theirs] = await podsOf(other)
  const [ours] = await podsOf(three)
  assert.ok(ours && theirs)
  assert.notEqual(ours.status.podIP, theirs.status.podIP)
  assert.match(await other.kubectl(`exec ${theirs.metadata.name} -- nslookup web.default.svc.cluster.local`), /Address/)
})

test("a killed node becomes NotReady, and up brings it back", async () => {
  const [, second] = three.record.nodes
  assert.ok(second)
  const pid = three.agentPid(second.name)
  assert.ok(pid)
  const before = await podsOf(three)
  process.kill(pid, "SIGKILL")
  await until("the agent is gone", () => three.agentPid(second.name) === undefined)
  // The containers of a node outlive its agent.
  for (const { status } of before) {
    assert.match(await succeed("busybox", ["wget", "-qO-", `http://${status.podIP}:8080`]), /web-/)
  }
  assert.match(await three.up(), new RegExp(`${second.name} is ready`))
  const restarts = (await podsOf(three)).map(({ status }) => status.containerStatuses?.[0]?.restartCount)
  assert.deepEqual(restarts, [0, 0, 0])
})
