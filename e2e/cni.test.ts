import assert from "node:assert/strict"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { run, succeed, until } from "./command.ts"

/** A cluster whose pods the reference plugins wire: Debian's package containernetworking-plugins. */

const PLUGINS = "/usr/lib/cni"
const skip = existsSync(join(PLUGINS, "bridge")) ? false : "needs the package containernetworking-plugins"
const BRIDGE = "gcni-e2e"
const web = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "web",
        image: BUSYBOX,
        imagePullPolicy: "Never",
        command: ["sh", "-c", "mkdir /w; echo here > /w/index.html; exec httpd -f -p 8080 -h /w"],
        ports: [{ containerPort: 8080, hostPort: 18_080 }],
      },
    ],
  },
}
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "site" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
}

describe("a cluster with CNI plugins", { skip }, () => {
  let cluster: TestCluster
  let leases: string

  before(async () => {
    cluster = await prepareTestCluster("cni")
    const confDir = join(cluster.folder, "net.d")
    leases = join(cluster.folder, "leases")
    mkdirSync(confDir)
    const ipam = {
      type: "host-local",
      dataDir: leases,
      ranges: [[{ subnet: "10.7.7.0/24" }]],
    }
    const plugins = [
      { type: "bridge", bridge: BRIDGE, isDefaultGateway: true, hairpinMode: true, ipam },
      { type: "portmap", capabilities: { portMappings: true } },
    ]
    writeFileSync(join(confDir, "10-test.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "test", plugins }))
    await cluster.up(["--cni-conf-dir", confDir, "--cni-bin-dir", PLUGINS])
    await cluster.loadBusybox()
  })
  after(async () => {
    await cluster?.down()
    await run("ip", ["link", "delete", BRIDGE])
    await removePortmapChains()
  })

  it("pods have the plugins' addresses, names and services", async () => {
    await cluster.apply(web, service)
    await cluster.kubectl("wait --for=condition=Ready pod/web --timeout=50s")
    const { status } = await cluster.get<Pod>("pod web")
    assert.match(status.podIP ?? "", /^10\.7\.7\./)
    await until("its own service", async () => {
      const { stdout } = await cluster.tryKubectl("exec web -- wget -qO- http://site")
      return stdout === "here\n"
    })
    assert.equal(await succeed("curl", ["-s", "-m", "10", `http://${status.hostIP}:18080/`]), "here\n")
  })

  it("policies are said to be the plugins' matter", async () => {
    const policy = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", metadata: { name: "p" }, spec: {} }
    const input = JSON.stringify({ ...policy, spec: { podSelector: {} } })
    const { stderr } = await cluster.tryKubectl("apply -f -", { input })
    assert.match(stderr, /only if the CNI plugins of this cluster enforce it/)
  })

  const held = () => readdirSync(join(leases, "test")).filter((name) => name.startsWith("10."))

  it("a pod that goes gives its address back", async () => {
    await cluster.kubectl("delete pod web")
    await until("no address is held", () => held().length === 0)
  })

  it("agents that are killed while pods come and go leak neither addresses nor devices", async () => {
    const names = ["one", "two", "three", "four", "five", "six"]
    const sleepers = names.map((name) => ({
      ...web,
      metadata: { name, labels: { app: "sleeper" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: "c", image: BUSYBOX, imagePullPolicy: "Never", command: ["sleep", "1000"] }],
      },
    }))
    for (const addresses of [1, 3, 5]) {
      await cluster.apply(...sleepers)
      await until(`${addresses} are plugged in`, () => held().length >= addresses)
      await cluster.kill("agent")
      await cluster.up()
      await cluster.kubectl("wait --for=condition=Ready pod -l app=sleeper --timeout=60s")
      await cluster.kubectl("delete pod -l app=sleeper --wait=false")
      await until(`${addresses} are left`, () => held().length <= addresses)
      await cluster.kill("agent")
      await cluster.up()
      await cluster.kubectl("wait --for=delete pod -l app=sleeper --timeout=60s")
      await until("no address is held", () => held().length === 0)
      const ports = await succeed("ip", ["-o", "link", "show", "master", BRIDGE])
      assert.equal(ports, "")
    }
  })
})

/** The portmap plugin leaves the chains behind that it hangs its rules on. */
async function removePortmapChains(): Promise<void> {
  const { stdout } = await run("nft", ["-a", "list", "table", "ip", "nat"])
  const chains: string[] = []
  let chain = ""
  for (const line of stdout.split("\n")) {
    chain = /^\tchain (\S+) \{/.exec(line)?.[1] ?? chain
    const [, target = "", handle] = /(?:jump|goto) (CNI-\S+) .*# handle (\d+)$/.exec(line) ?? []
    if (target !== "" && handle !== undefined)
      await run("nft", ["delete", "rule", "ip", "nat", chain, "handle", handle])
    if (line.startsWith("\tchain CNI-")) chains.push(chain)
  }
  for (const each of chains) await run("nft", ["flush", "chain", "ip", "nat", each])
  for (const each of chains) await run("nft", ["delete", "chain", "ip", "nat", each])
}
