import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { webOnEachNode } from "./workload-objects.ts"

/** Network policies on two nodes, with agents and server that die. */

let cluster: TestCluster

before(async () => {
  cluster = await startTestCluster({ name: "policy", nodes: 2 })
  await cluster.apply(...["server", "friend", "stranger"].map(webOnEachNode))
  for (const name of ["server", "friend", "stranger"]) {
    await cluster.kubectl(`rollout status daemonset/${name} --timeout=50s`)
  }
})
after(() => cluster?.down())

const onlyFriends = {
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "only-friends" },
  spec: {
    podSelector: { matchLabels: { app: "server" } },
    ingress: [
      {
        from: [{ app: "friend" }, { pass: "guest" }].map((matchLabels) => ({ podSelector: { matchLabels } })),
        ports: [{ port: "web" }],
      },
    ],
  },
}

const podsOf = async (app: string): Promise<Pod[]> => {
  const { items } = await cluster.get<{ items: Pod[] }>(`pods -l app=${app}`)
  return items.filter(({ metadata }) => !metadata.deletionTimestamp)
}

/** Asks every server from every pod of an app, on both nodes. How many connections there were, and how many answers. */
async function answers(app: string): Promise<string> {
  const [clients, servers] = [await podsOf(app), await podsOf("server")]
  const asked = clients.flatMap(({ metadata }) =>
    servers.map(async ({ status }) => {
      const line = ["exec", metadata.name, "--", "wget", "-qO-", `http://${status.podIP}:8080`]
      return (await cluster.tryKubectl(line)).code === 0
    }),
  )
  const said = await Promise.all(asked)
  return `${said.filter(Boolean).length} of ${said.length}`
}

test("pods on both nodes are reached by whom the policy allows, and stay ready", async () => {
  assert.deepEqual([await answers("friend"), await answers("stranger")], ["4 of 4", "4 of 4"])
  const told = await cluster.apply(onlyFriends)
  assert.doesNotMatch(told, /no effect/)
  await until("strangers are kept out", async () => (await answers("stranger")) === "0 of 4")
  assert.equal(await answers("friend"), "4 of 4")
  const ready = (await podsOf("server")).map(({ status }) => status.containerStatuses?.[0]?.ready)
  assert.deepEqual(ready, [true, true])
})

test("pods that come later are protected, and count as what their labels say", async () => {
  await cluster.kubectl("delete pods -l app=server")
  await cluster.kubectl("rollout status daemonset/server --timeout=50s")
  assert.deepEqual([await answers("friend"), await answers("stranger")], ["4 of 4", "0 of 4"])
  const [stranger] = await podsOf("stranger")
  const [server] = await podsOf("server")
  const get = ["exec", stranger?.metadata.name ?? "", "--", "wget", "-qO-", `http://${server?.status.podIP}:8080`]
  await cluster.kubectl(["label", "pod", stranger?.metadata.name ?? "", "pass=guest"])
  await until("it is a guest now", async () => (await cluster.tryKubectl(get)).code === 0)
})

test("policies outlive agents and server", async () => {
  const strangers = async () => {
    await cluster.kubectl("rollout status daemonset/stranger --timeout=50s")
    return answers("stranger")
  }
  await cluster.kubectl("label pods -l app=stranger pass-")
  await until("there are no guests", async () => (await strangers()) === "0 of 4")
  const [first] = cluster.record.nodes
  process.kill(cluster.agentPid(first?.name) ?? 0, "SIGKILL")
  await until("the agent is gone", () => cluster.agentPid(first?.name) === undefined)
  await cluster.up()
  assert.deepEqual(
    [await strangers(), await answers("friend")].map((said) => said.split(" ")[0] !== "0"),
    [false, true],
  )
  await cluster.gantry("down")
  await cluster.up()
  await cluster.kubectl("rollout status daemonset/server --timeout=50s")
  assert.equal(await strangers(), "0 of 4")
  await cluster.kubectl("delete networkpolicy only-friends")
  await until("everybody is let in", async () => (await answers("stranger")) === "4 of 4")
})
