import assert from "node:assert/strict"
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import type { Pod } from "../src/api/core/v1/pod.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { run, until } from "./command.ts"

/** Two nodes whose pods the reference plugins wire, each in its own range. */

const PLUGINS = "/usr/lib/cni"
const skip = existsSync(join(PLUGINS, "bridge")) ? false : "needs the package containernetworking-plugins"
const BRIDGE = "gcni-nodes"
const NETWORK = `gantry-e2e-${process.pid}`

const web = (name: string, nodeName: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "web" } },
  spec: {
    nodeName,
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: "web",
        image: BUSYBOX,
        imagePullPolicy: "Never",
        command: ["sh", "-c", `mkdir /w; echo ${name} > /w/index.html; exec httpd -f -p 8080 -h /w`],
      },
    ],
  },
})
const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "site" },
  spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
}

describe("two nodes with CNI plugins", { skip }, () => {
  let cluster: TestCluster
  let confDir: string
  const configure = (capabilities: object) => {
    const bridge = { type: "bridge", bridge: BRIDGE, isDefaultGateway: true, hairpinMode: true, capabilities }
    const plugins = [{ ...bridge, ipam: { type: "host-local" } }]
    const configuration = { cniVersion: "1.0.0", name: NETWORK, plugins }
    writeFileSync(join(confDir, "10-test.conflist"), JSON.stringify(configuration))
  }
  const nodes = () => cluster.record.nodes.map(({ name }) => name)

  before(async () => {
    cluster = await prepareTestCluster("cni-nodes")
    confDir = join(cluster.folder, "net.d")
    mkdirSync(confDir)
  })
  after(async () => {
    await cluster?.down()
    await run("ip", ["link", "delete", BRIDGE])
    // The first node is the machine itself, whose folder it is.
    rmSync(join("/var/lib/cni/networks", NETWORK), { recursive: true, force: true })
  })

  it("a configuration that gives both the same addresses is refused", async () => {
    configure({})
    const { code, stderr } = await cluster.tryUp(["--nodes", "2", "--cni-conf-dir", confDir, "--cni-bin-dir", PLUGINS])
    assert.equal(code, 1)
    assert.match(stderr, /"capabilities": \{"ipRanges": true\}, so pods of two nodes would have the same addresses/)
  })

  it("pods have addresses of their node, and reach each other and services", async () => {
    configure({ ipRanges: true })
    await cluster.up(["--nodes", "2", "--cni-conf-dir", confDir, "--cni-bin-dir", PLUGINS])
    await cluster.loadBusybox()
    const [one = "", two = ""] = nodes()
    await cluster.apply(web("one", one), web("two", two), service)
    await cluster.kubectl("wait --for=condition=Ready pod/one pod/two --timeout=50s")
    const [first, second] = await Promise.all(["one", "two"].map((name) => cluster.get<Pod>(`pod ${name}`)))
    assert.match(first?.status.podIP ?? "", /^10\.\d+\.0\./)
    assert.match(second?.status.podIP ?? "", /^10\.\d+\.1\./)
    for (const [from, to] of [
      ["one", second],
      ["two", first],
    ] as const) {
      await until(`${from} reaches the other node's pod`, async () => {
        const { stdout } = await cluster.tryKubectl(
          `exec ${from} -- timeout 3 wget -qO- http://${to?.status.podIP}:8080`,
        )
        return stdout === `${to?.metadata.name}\n`
      })
      const answers = new Set<string>()
      await until(`${from} reaches both by the service's name`, async () => {
        answers.add((await cluster.tryKubectl(`exec ${from} -- timeout 3 wget -qO- http://site`)).stdout)
        return answers.has("one\n") && answers.has("two\n")
      })
    }
  })

  it("logs and exec reach the second node's pods, and a pod that goes gives its address back", async () => {
    assert.equal(await cluster.kubectl("exec two -- cat /w/index.html"), "two\n")
    const [, two = ""] = nodes()
    const { status } = await cluster.get<Pod>("pod two")
    await cluster.kubectl("delete pod two")
    const networks = join(cluster.dataDir, "nodes", two, "network", "cni", "networks", NETWORK)
    await until("the address is free", () => !existsSync(join(networks, status.podIP ?? "")))
    assert.ok(existsSync(join(networks, "last_reserved_ip.0")))
  })
})
