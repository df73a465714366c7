import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Event } from "../src/api/core/v1/event.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import type { Service } from "../src/api/core/v1/service.ts"
import { netnsPathOf } from "../src/cmd/cluster/components.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { run, until } from "./command.ts"
import { webOnEachNode } from "./workload-objects.ts"

/** Services of type LoadBalancer on two nodes, with a pool of two addresses. */

const [FIRST, SECOND] = ["198.51.100.10", "198.51.100.11"]
let cluster: TestCluster

before(async () => {
  cluster = await prepareTestCluster("balancer")
  await cluster.up(["--nodes", "2", "--load-balancer-pool", `${FIRST}-${SECOND}`])
  await cluster.loadBusybox()
  await cluster.apply(webOnEachNode("web"))
  await cluster.kubectl("rollout status daemonset/web --timeout=50s")
})
after(() => cluster?.down())

const balanced = (name: string, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
})

const curl = async (address: string, ...prefix: string[]): Promise<string> => {
  const [file = "", ...args] = [...prefix, "curl", "-s", "-m", "10", `http://${address}/`]
  const { code, stdout } = await run(file, args)
  return code === 0 ? stdout.trim() : `code ${code}`
}
/** What curl says when a connection is refused. */
const REFUSED = "code 7"

const addressOf = async (name: string): Promise<string | undefined> => {
  const { status } = await cluster.get<Service>(`service ${name}`)
  return status.loadBalancer?.ingress?.[0]?.ip
}
const reasonsOf = async (name: string): Promise<(string | undefined)[]> => {
  const { items } = await cluster.get<{ items: Event[] }>(`events --field-selector involvedObject.name=${name}`)
  return items.map(({ reason }) => reason)
}
const podsNow = async (): Promise<Pod[]> => (await cluster.get<{ items: Pod[] }>("pods -l app=web")).items

test("machine, nodes and pods reach a load balancer's address, and only while it is in use", async () => {
  assert.equal(await curl(FIRST), REFUSED)
  await cluster.apply(balanced("one", { allocateLoadBalancerNodePorts: false }))
  await until("an address", async () => (await addressOf("one")) === FIRST)
  const names = (await podsNow()).map(({ metadata }) => metadata.name)
  await until("the machine is answered", async () => names.includes(await curl(FIRST)))
  const [, second] = cluster.record.nodes
  const netns = netnsPathOf(cluster.record, second?.name ?? "")
  await until("the node is answered", async () => names.includes(await curl(FIRST, "nsenter", `--net=${netns}`)))
  for (const name of names) {
    // Often enough that it also reaches itself.
    const script = `for i in 1 2 3 4 5 6 7 8 9 10; do wget -qO- http://${FIRST}; done`
    const said = await cluster.kubectl(["exec", name, "--", "sh", "-c", script])
    assert.deepEqual(
      said
        .trim()
        .split("\n")
        .filter((line) => !names.includes(line)),
      [],
    )
  }
  assert.equal(await curl(SECOND), REFUSED)
  assert.ok((await cluster.get<Service>("service one")).spec.ports?.every(({ nodePort }) => !nodePort))
  assert.deepEqual(new Set(await reasonsOf("one")), new Set(["EnsuringLoadBalancer", "EnsuredLoadBalancer"]))
})

test("addresses outlive the death of an agent, and endpoints on it", async () => {
  const [first] = cluster.record.nodes
  process.kill(cluster.agentPid(first?.name) ?? 0, "SIGKILL")
  assert.match(await curl(FIRST), /^web-/)
  await cluster.up()
  assert.match(await curl(FIRST), /^web-/)
})

test("who finds the pool empty waits, and gets what is given back", async () => {
  await cluster.apply(balanced("two", { loadBalancerIP: SECOND, externalTrafficPolicy: "Local" }))
  await until("the address that it asked for", async () => (await addressOf("two")) === SECOND)
  await until("it is answered", async () => (await curl(SECOND)).startsWith("web-"))
  await cluster.apply(balanced("three"), balanced("foreign", { loadBalancerClass: "example.com/other" }))
  await until("a failure", async () => (await reasonsOf("three")).includes("SyncLoadBalancerFailed"))
  assert.equal(await addressOf("three"), undefined)
  await cluster.kubectl("delete service two")
  await until("the address that was given back", async () => (await addressOf("three")) === SECOND)
  assert.equal(await addressOf("foreign"), undefined)
  assert.deepEqual(await reasonsOf("foreign"), [])
  await cluster.kubectl(["patch", "service", "three", "-p", '{"spec":{"type":"ClusterIP"}}'])
  await until("nothing answers", async () => (await curl(SECOND)) === REFUSED)
  assert.equal((await cluster.get<Service>("service three")).metadata.finalizers, undefined)
})

test("source ranges keep others out", async () => {
  await cluster.apply(balanced("one", { loadBalancerSourceRanges: ["203.0.113.0/24"] }))
  await until("the machine is kept out", async () => (await curl(FIRST)) === "code 28")
})
