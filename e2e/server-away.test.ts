import assert from "node:assert/strict"
import { readFileSync, renameSync, writeFileSync } from "node:fs"
import { request } from "node:https"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, describe, it } from "node:test"
import { parse } from "yaml"
import { nodeAddresses } from "../src/cmd/cluster/addresses.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { containerOf, type PodView, podOf, podView, untilPod } from "./pod-view.ts"
import { fetchOnce, startLoad, startWebApp, type WebApp } from "./web-app.ts"

const STATIC = `apiVersion: v1
kind: Pod
metadata: {name: fixed}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: "${BUSYBOX}", command: [sh, -c, "until test -e /tmp/end; do sleep 0.1; done"]}]
`
interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[]
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

/** Two hours of this, on virtual time, are in src/kubelet/kubelet-absence.test.ts. */
describe("a node whose API server is away", () => {
  let cluster: TestCluster
  let app: WebApp
  let fixed: string
  before(async () => {
    cluster = await startTestCluster({ name: "away" })
    const node = cluster.record.nodes[0]?.name ?? ""
    fixed = `fixed-${node}`
    const manifest = join(layoutOf(cluster.record).node(node).dataDir, "manifests", "fixed.yaml")
    writeFileSync(`${manifest}.new`, STATIC)
    renameSync(`${manifest}.new`, manifest)
    const livenessProbe = { exec: { command: ["test", "!", "-e", "/tmp/sick"] }, periodSeconds: 1, failureThreshold: 2 }
    const command = ["sh", "-c", "echo begun; exec sleep 100000"]
    await cluster.apply(podOf("steady", { command }), podOf("probed", { command, livenessProbe }))
    app = await startWebApp(cluster, "web", 2)
    for (const name of ["steady", "probed", fixed]) await untilPod(cluster, name, "runs", ({ ready }) => ready)
  })
  after(() => cluster.down())

  /** The kubelet's own API, as the API server asks it. */
  const kubelet = (path: string, method = "GET"): Promise<string> => {
    const { record } = cluster
    const node = record.nodes[0]?.name ?? ""
    const { clusters, users } = parse(readFileSync(cluster.kubeconfig, "utf8")) as Kubeconfig
    const decoded = (encoded = "") => Buffer.from(encoded, "base64")
    return new Promise((resolve, reject) => {
      const options = {
        host: nodeAddresses(record, node)[0],
        port: layoutOf(record).node(node).kubeletPort,
        path,
        method,
        ca: decoded(clusters[0]?.cluster["certificate-authority-data"]),
        cert: decoded(users[0]?.user["client-certificate-data"]),
        key: decoded(users[0]?.user["client-key-data"]),
      }
      request(options, (response) => {
        text(response).then((body) => {
          if (response.statusCode === 200) resolve(body)
          else reject(new Error(`${method} ${path}: found status ${response.statusCode}: ${body}`))
        }, reject)
      })
        .on("error", reject)
        .end()
    })
  }
  const run = (pod: string, command: string) =>
    kubelet(`/run/default/${pod}/c?cmd=${encodeURIComponent(command).replaceAll("%20", "+")}`, "POST")
  const podOnNode = async (name: string): Promise<PodView> => {
    const { items } = JSON.parse(await kubelet("/pods")) as { items: PodView[] }
    const found = items.find(({ metadata }) => metadata.name === name)
    assert.ok(found, `the node has no pod ${name}`)
    return found
  }
  const untilRestarted = (name: string) =>
    until(`${name} has been restarted`, async () => {
      const { ready, restartCount } = containerOf(await podOnNode(name))
      return ready && restartCount === 1
    })
  /** Of all containers: which they are, and how often they were restarted. */
  const containers = async (source: () => Promise<readonly PodView[]>) =>
    (await source())
      .map((pod) => [pod.metadata.name, containerOf(pod).containerID, containerOf(pod).restartCount])
      .sort(([one], [other]) => String(one).localeCompare(String(other)))
  const onNode = async () => (JSON.parse(await kubelet("/pods")) as { items: PodView[] }).items
  const inApi = async () => (await cluster.get<{ items: PodView[] }>("pods")).items

  it("probes, restarts, logs, executes and serves, and tells of it when the server is back", async () => {
    const load = startLoad([app.clusterUrl, app.nodePortUrl])
    try {
      await cluster.kill("server")
      assert.equal(await run("steady", "echo here"), "here\n")
      await run("probed", "touch /tmp/sick")
      await untilRestarted("probed")
      assert.equal(await kubelet("/containerLogs/default/probed/c"), "begun\n")
      assert.equal(await kubelet("/containerLogs/default/probed/c?previous=true"), "begun\n")
      await run(fixed, "touch /tmp/end")
      await untilRestarted(fixed)
      const address = await run("steady", "nslookup web.default.svc.cluster.local")
      assert.match(address, new RegExp(`Address.*${new URL(app.clusterUrl).hostname.replaceAll(".", "\\.")}`))
      assert.equal(await run("steady", "wget -q -O - http://web.default.svc.cluster.local/"), "it works\n")
      assert.equal(await fetchOnce(app.clusterUrl), "it works\n")

      const during = await containers(onNode)
      const agent = cluster.agentPid()
      await cluster.up()
      await untilPod(cluster, "probed", "is told of", ({ ready, restartCount }) => ready && restartCount === 1)
      await untilPod(cluster, fixed, "is told of", ({ ready, restartCount }) => ready && restartCount === 1)
      assert.equal(cluster.agentPid(), agent)
      await cluster.kubectl("wait --for=condition=Ready node --all --timeout=50s")
      await cluster.apply(podOf("later", { command: ["sleep", "100000"] }))
      await untilPod(cluster, "later", "runs", ({ ready }) => ready)
      await cluster.kubectl("delete pod later --timeout=50s")
      assert.deepEqual(await containers(onNode), during)
      assert.deepEqual(await containers(inApi), during)
      assert.equal(containerOf(await podView(cluster, "steady")).restartCount, 0)
    } finally {
      await load.stop()
    }
    assert.deepEqual(load.failures, [])
  })
})
