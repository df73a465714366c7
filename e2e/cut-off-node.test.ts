import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Node } from "../src/api/core/v1/node.ts"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { netnsPathOf } from "../src/cmd/cluster/components.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { run, succeed, until } from "./command.ts"
import { readCommandLine } from "./leftovers.ts"
import { processesOf } from "./pod-processes.ts"
import { webOnEachNode } from "./workload-objects.ts"

/** Three real nodes, of which one loses its cable and gets it back. */

let cluster: TestCluster
before(async () => {
  cluster = await startTestCluster({ name: "cutoff", nodes: 3 })
})
after(() => cluster?.down())

const service = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }], ...more },
})

const podsByNode = async () => {
  const { items } = await cluster.get<{ items: Pod[] }>("pods -l app=web")
  return new Map(items.map((pod) => [pod.spec.nodeName ?? "", pod]))
}
const readiness = async (name: string) => {
  const { status } = await cluster.get<Node>(`node ${name}`)
  return status.conditions?.find(({ type }) => type === "Ready")?.status
}
/** The server's process, not one of those that it starts for each connection; empty while it does not run. */
const serverOf = ({ metadata }: Pod) =>
  processesOf(metadata.uid).find((pid) => readCommandLine(pid).startsWith("httpd")) ?? ""
/** What a busybox of this machine says in the pod's network, whether or not anybody can be asked to run one there. */
const inPod = (pod: Pod, ...command: readonly string[]) => {
  return run("nsenter", ["--target", serverOf(pod), "--net", "timeout", "2", "busybox", ...command])
}
const fetchIn = async (pod: Pod, address: string) =>
  (await inPod(pod, "wget", "-qO-", `http://${address}`)).stdout.trim()
const addressOf = (name: string) => cluster.kubectl(["get", "service", name, "-o", "jsonpath={.spec.clusterIP}"])

/** The end of the node's cable on this machine. */
async function cableOf(node: string): Promise<string> {
  const inside = ["--net=" + netnsPathOf(cluster.record, node), "ip", "-json", "link", "show", "eth0"]
  const [{ link_index }] = JSON.parse(await succeed("nsenter", inside)) as [{ link_index: number }]
  const all = JSON.parse(await succeed("ip", ["-json", "link"])) as { ifindex: number; ifname: string }[]
  const name = all.find(({ ifindex }) => ifindex === link_index)?.ifname
  assert.ok(name)
  return name
}

test("a node that is cut off works on, is told apart from the others, and catches up when it is back", async () => {
  await cluster.apply(webOnEachNode("web"), service("web"), service("web-local", { internalTrafficPolicy: "Local" }))
  await cluster.kubectl("rollout status daemonset/web --timeout=60s")
  const [first = "", second = "", lost = ""] = cluster.record.nodes.map(({ name }) => name)
  const pods = await podsByNode()
  const [near, other, far] = [pods.get(first), pods.get(second), pods.get(lost)]
  assert.ok(near && other && far)
  const [webAddress, webLocal, dns] = [
    await addressOf("web"),
    await addressOf("web-local"),
    layoutOf(cluster.record).dnsIps[0] ?? "",
  ]
  await until("the services work", async () => (await fetchIn(far, webLocal)) === far.metadata.name)
  const cable = await cableOf(lost)
  await succeed("ip", ["link", "set", cable, "down"])

  // What needs no other node goes on: names, services with endpoints there, and restarts.
  assert.equal(await fetchIn(far, `${near.status.podIP}:8080`), "")
  const asked = await inPod(far, "nslookup", "web.default.svc.cluster.local", dns)
  assert.ok(asked.stdout.includes(webAddress), asked.stdout)
  assert.equal(await fetchIn(far, webLocal), far.metadata.name)
  const main = serverOf(far)
  assert.notEqual(main, "")
  process.kill(Number(main), "SIGKILL")
  await until("the container runs again", async () => (await fetchIn(far, webLocal)) === far.metadata.name)
  assert.equal(processesOf(far.metadata.uid).includes(main), false)

  // The others do without it once it has been silent for long enough.
  await until("the node is not ready", async () => (await readiness(lost)) === "Unknown", 180_000)
  assert.equal(await readiness(second), "True")
  await until("the service has two endpoints", async () => {
    const { items } = await cluster.get<{ items: { endpoints: { conditions: { ready?: boolean } }[] }[] }>(
      "endpointslices -l kubernetes.io/service-name=web",
    )
    return items.flatMap(({ endpoints }) => endpoints).filter(({ conditions }) => conditions.ready).length === 2
  })
  const there = [near.metadata.name, other.metadata.name].sort()
  for (const from of [near, other]) {
    const strangers = async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => fetchIn(from, webAddress)))
      return answers.filter((name) => !there.includes(name))
    }
    // The node hears of it a moment after the API does.
    await until("its node knows the endpoints", async () => (await strangers()).length === 0)
    assert.deepEqual(await strangers(), [])
  }
  await cluster.apply(service("later"))
  const later = await addressOf("later")

  await succeed("ip", ["link", "set", cable, "up"])
  await until("the node is ready again", async () => (await readiness(lost)) === "True")
  await cluster.kubectl("rollout status daemonset/web --timeout=60s")
  await until("what came meanwhile is known", async () => (await fetchIn(far, later)) !== "")
  const now = await podsByNode()
  for (const from of now.values()) {
    for (const to of now.values()) {
      assert.equal(await fetchIn(from, `${to.status.podIP}:8080`), to.metadata.name)
    }
  }
  // Nobody was moved or started anew, but for the container that was killed.
  const restarts = (map: ReadonlyMap<string, Pod>) =>
    [...map.values()].map(({ metadata, status }) => [metadata.uid, status.containerStatuses?.[0]?.restartCount])
  const expected = [...pods.values()].map(({ metadata }) => [metadata.uid, metadata.uid === far.metadata.uid ? 1 : 0])
  assert.deepEqual(restarts(now).sort(), expected.sort())
  await until("it may have pods again", async () => {
    const { spec } = await cluster.get<Node>(`node ${lost}`)
    return (spec.taints ?? []).length === 0
  })
})
