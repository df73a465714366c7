import assert from "node:assert/strict"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { cannotRun, createTestBed, platform, podRequest } from "../testing/namespaces.ts"
import { type BridgeNetworkOptions, createBridgeNetwork } from "./bridge-network.ts"

const NETWORK_MODULE = new URL("bridge-network.ts", import.meta.url).href
const PLATFORM_MODULE = new URL("../../platform/node/platform.ts", import.meta.url).href
/** When the agent dies: while three pods come (after step 0) or go (3), and how long after it began with them. */
const DEATHS = [0, 3].flatMap((steps) => [0, 30, 300].map((turns) => ({ steps, turns })))

test("an agent that is killed while pods come and go leaves nothing that the next one does not free", {
  skip: cannotRun,
}, async (t) => {
  const bed = createTestBed(t)
  const netns = bed.namespace("node")
  const ranges = [
    { podCidr: "10.244.0.0/28", clusterCidr: "10.244.0.0/16", serviceCidr: "10.96.0.0/16" },
    { podCidr: "fd00:10:244::/64", clusterCidr: "fd00:10:244::/48", serviceCidr: "fd00:10:96::/112" },
  ]
  const own: Omit<BridgeNetworkOptions, "platform"> = {
    name: "gtest0",
    ranges,
    stateDir: join(bed.dir, "state"),
    netns,
  }
  const requests = ["a", "b", "c"].map((name, place) =>
    podRequest(name, bed.namespace(name), {
      portMappings: [
        { protocol: "TCP", hostPort: 8080 + place, containerPort: 80, hostIp: "" },
        { protocol: "UDP", hostPort: 8080 + place, containerPort: 80, hostIp: "" },
      ],
    }),
  )
  const agent = `
    import { createBridgeNetwork } from ${JSON.stringify(NETWORK_MODULE)}
    import { createNodePlatform } from ${JSON.stringify(PLATFORM_MODULE)}
    const network = createBridgeNetwork({ ...${JSON.stringify(own)}, platform: createNodePlatform() })
    await network.start()
    const step = async (work) => { console.log("step"); await work }
    for (;;) {
      const requests = ${JSON.stringify(requests)}
      await Promise.all(requests.map((request) => step(network.setUp(request))))
      await Promise.all(requests.map((request) => step(network.tearDown(request))))
    }`
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module"]
  const first = createBridgeNetwork({ ...own, platform })
  await first.start()
  const empty = await stateOf()
  first.close()

  async function stateOf(): Promise<string> {
    const rules = await bed.run(netns, "nft", "list", "ruleset")
    const ports = await bed.run(netns, "ip", "-o", "link", "show", "type", "veth")
    const known = await bed.run(
      netns,
      "sh",
      "-c",
      "ip neigh show nud permanent; bridge fdb show br gtest0 | grep 0a:58",
    )
    // The table that refuses foreign senders is an edit of what is there: the order of its parts may be another.
    return [...rules.split("\n").sort(), ports, known.split("\n").sort().join("\n")].join("\n")
  }

  for (const { steps, turns } of DEATHS) {
    const child = platform.processes.spawn(process.execPath, [...flags, "-e", agent], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    assert.ok(child.stdout)
    let seen = 0
    for await (const _ of createInterface({ input: child.stdout })) if (seen++ >= steps) break
    for (let turn = 0; turn < turns; turn++) await setImmediate()
    child.kill("SIGKILL")
    await child.exited
    const next = createBridgeNetwork({ ...own, platform })
    await next.start()
    await next.reconcile(new Set())
    assert.deepEqual(
      readdirSync(join(bed.dir, "state", "addresses")),
      [],
      `leases after ${steps} steps and ${turns} turns`,
    )
    assert.equal(await stateOf(), empty, `the kernel after ${steps} steps and ${turns} turns`)
    next.close()
  }
})
