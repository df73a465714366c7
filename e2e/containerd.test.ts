import assert from "node:assert/strict"
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { after, before, describe, it } from "node:test"
import {
  type StockContainerd,
  startStockContainerd,
  withoutContainerd,
} from "../src/runtime/containerd/testing/stock-containerd.ts"
import { writeBusyboxArchive } from "./busybox-image.ts"
import { prepareTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { type ContainerView, containerOf, podOf, untilPod } from "./pod-view.ts"
import { pushImage, type RegistryServer, startRegistry, USER } from "./registry-server.ts"

const HOST_PORT = 18_085

/** A cluster whose pods stock containerd runs, in the network and with the services of any other. */
describe("a cluster on containerd", { skip: withoutContainerd }, () => {
  let containerd: StockContainerd
  let cluster: TestCluster
  let registry: RegistryServer
  const flags = () => ["--container-runtime-endpoint", containerd.endpoint]
  before(async () => {
    registry = await startRegistry({ locked: true })
    containerd = await startStockContainerd({ wires: false })
    const archive = join(containerd.folder, "busybox.tar")
    await writeBusyboxArchive(archive)
    containerd.load(archive)
    cluster = await prepareTestCluster("containerd")
    await cluster.up(flags())
  })
  after(async () => {
    await registry?.close()
    await cluster?.down()
    const left = containerd === undefined ? [] : readdirSync(containerd.confDir)
    await containerd?.close()
    assert.deepEqual(left, [])
  })

  const server = podOf("web", {
    command: ["sh", "-c", "echo started; exec httpd -f -p 8080 -h /www"],
    ports: [{ containerPort: 8080, hostPort: HOST_PORT }],
    readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
    livenessProbe: { exec: { command: ["true"] }, periodSeconds: 1 },
  })
  const site = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "site" },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8080 }] },
  }
  const fetched = async (from: string, url: string): Promise<string> =>
    (await cluster.tryKubectl(["exec", from, "--", "timeout", "3", "wget", "-qO-", url])).stdout

  it("the node says who runs its pods", async () => {
    const version = await cluster.kubectl("get nodes -o jsonpath={.items[0].status.nodeInfo.containerRuntimeVersion}")
    assert.match(version, /^containerd:\/\/v?\d+\.\d+/)
  })

  it("pods reach each other by services and names, and the node by its ports", async () => {
    await cluster.apply(server, site, podOf("client", { command: ["sleep", "1000"] }))
    await cluster.kubectl("wait --for=condition=Ready pod/web pod/client --timeout=50s")
    await until("the service answers", async () => (await fetched("client", "http://site")) === "it works\n")
    const hostIp = await cluster.kubectl("get pod web -o jsonpath={.status.hostIP}")
    assert.equal(await fetched("client", `http://${hostIp}:${HOST_PORT}`), "it works\n")
    const { containerID } = containerOf(await untilPod(cluster, "web", "runs", ({ ready }) => ready))
    assert.match(containerID ?? "", /^containerd:\/\//)
  })

  it("policies hold for what containerd runs", async () => {
    const policy = {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "nobody" },
      spec: { podSelector: { matchLabels: { app: "web" } } },
    }
    await cluster.apply(policy)
    await until("the pod is closed", async () => (await fetched("client", "http://site")) === "")
    await cluster.kubectl("delete networkpolicy nobody")
    await until("the pod is open", async () => (await fetched("client", "http://site")) === "it works\n")
  })

  it("commands, logs and exit codes pass", async () => {
    assert.equal(await cluster.kubectl("logs web"), "started\n")
    assert.equal(await cluster.kubectl("exec -i client -- cat", { input: "typed" }), "typed")
    const { code, stderr } = await cluster.tryKubectl(["exec", "client", "--", "sh", "-c", "echo no >&2; exit 7"])
    assert.equal(code, 7)
    assert.match(stderr, /^no\n/)
    await cluster.apply(podOf("short", { command: ["sh", "-c", "exit 3"] }, { restartPolicy: "Never" }))
    const pod = await untilPod(cluster, "short", "has failed", (_, { status }) => status.phase === "Failed")
    assert.equal(containerOf(pod).state.terminated?.exitCode, 3)
  })

  it("containerd pulls images, with the credentials of the pod", async () => {
    const image = `${registry.host}/team/app:1`
    await pushImage(image, "pulled")
    const shows = { image, command: ["cat", "/etc/about"] }
    await cluster.apply(podOf("stranger", shows, { restartPolicy: "Never" }))
    const refused = (view: ContainerView) => view.state.waiting?.reason === "ErrImagePull"
    const { message } = containerOf(await untilPod(cluster, "stranger", "is refused", refused)).state.waiting ?? {}
    assert.match(message ?? "", /^rpc error: code = \w+ desc = failed to pull and unpack image "\S+"/)
    const server = `--docker-server=${registry.host}`
    const credentials = [`--docker-username=${USER.name}`, `--docker-password=${USER.password}`]
    await cluster.kubectl(["create", "secret", "docker-registry", "ali", server, ...credentials])
    const spec = { restartPolicy: "Never", imagePullSecrets: [{ name: "ali" }] }
    await cluster.apply(podOf("friend", shows, spec))
    await untilPod(cluster, "friend", "has succeeded", (_, { status }) => status.phase === "Succeeded")
    assert.equal(await cluster.kubectl("logs friend"), "pulled")
  })

  it("agent and containerd may start anew, and containers go on", async () => {
    const idOf = async () => containerOf(await untilPod(cluster, "web", "is there", () => true)).containerID
    const before = await idOf()
    await cluster.kill("agent")
    await containerd.restart()
    await cluster.up()
    await cluster.apply(podOf("later", { command: ["sleep", "1000"] }))
    await cluster.kubectl("wait --for=condition=Ready pod/later pod/web --timeout=50s")
    await containerd.restart()
    await cluster.kubectl("delete pod later")
    assert.equal(await idOf(), before)
    assert.equal(await fetched("client", "http://site"), "it works\n")
  })

  it("images are the runtime's, and what cannot be is refused", async () => {
    const { code, stderr } = await cluster.tryGantry("rmi x")
    assert.equal(code, 1)
    assert.match(stderr, /the images of cluster "\S+" are those of the runtime at unix:\S+containerd\.sock/)
    const grown = await cluster.tryUp(["--nodes", "2"])
    assert.match(grown.stderr, /a runtime runs the pods of one node, found 2 nodes/)
    const other = await cluster.tryUp(["--container-runtime-endpoint", "tcp://1.2.3.4:5"])
    assert.match(other.stderr, /found "tcp:\/\/1\.2\.3\.4:5", expected the socket of a runtime/)
    assert.equal(other.code, 2)
  })

  it("a runtime with a network of its own is not taken over", async () => {
    await cluster.gantry("down")
    assert.deepEqual(readdirSync(containerd.confDir), [])
    const theirs = join(containerd.confDir, "05-theirs.conflist")
    writeFileSync(theirs, JSON.stringify({ cniVersion: "1.0.0", name: "theirs", plugins: [{ type: "bridge" }] }))
    const { stderr } = await cluster.tryUp()
    assert.match(stderr, /the runtime has another network for its pods, \S+05-theirs\.conflist: move the file away/)
    assert.ok(existsSync(theirs))
    await cluster.gantry("down")
    rmSync(theirs)
  })
})
