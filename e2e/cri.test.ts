import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { after, before, describe, it } from "node:test"
import { criSocketOf } from "../src/cmd/agent/agent.ts"
import { layoutOf } from "../src/cmd/cluster/layout.ts"
import { isImageError, type NodeImages } from "../src/images/images.ts"
import { createNodePlatform } from "../src/platform/node/platform.ts"
import { Fixture } from "../src/runtime/conformance/fixture.ts"
import { openCriRuntime } from "../src/runtime/containerd/open.ts"
import { type ContainerRuntime, isRuntimeError } from "../src/runtime/runtime.ts"
import { BUSYBOX } from "./busybox-image.ts"
import { startTestCluster, type TestCluster } from "./cluster.ts"
import { until } from "./command.ts"
import { pushImage, type RegistryServer, startRegistry, USER } from "./registry-server.ts"

/**
 * What crictl and critest do with the socket of a node: a pod beside those of the cluster, from its sandbox to its logs.
 * The node's kubelet knows nothing of it, and leaves it alone until it looks for leftovers.
 */
describe("the CRI socket of a node", () => {
  const platform = createNodePlatform({ logLevel: "error" })
  let cluster: TestCluster
  let runtime: ContainerRuntime
  let images: NodeImages
  let fixture: Fixture
  let registry: RegistryServer
  before(async () => {
    registry = await startRegistry({ locked: true })
    cluster = await startTestCluster({ name: "cri" })
    const [node] = cluster.record.nodes
    const { runDir, cgroup } = layoutOf(cluster.record).node(node?.name ?? "")
    const opened = await openCriRuntime({
      endpoint: `unix://${criSocketOf(runDir)}`,
      dataDir: join(cluster.folder, "cri"),
      checkImageName: () => undefined,
      platform,
    })
    ;({ images, runtime } = opened)
    fixture = new Fixture({
      runtime,
      image: BUSYBOX,
      cgroupParent: cgroup,
      logDirectory: join(cluster.folder, "logs"),
      settle: (promise) => promise,
      close: async () => undefined,
    })
  })
  after(async () => {
    await runtime?.close()
    await cluster?.down()
    await registry?.close()
  })

  it("says what it is", async () => {
    const { runtimeName, runtimeVersion } = await runtime.version()
    assert.equal(runtimeName, "gantry")
    assert.match(runtimeVersion, /^\d+\.\d+\.\d+/)
    const { conditions, handlers } = await runtime.status()
    assert.deepEqual(
      conditions.map(({ status }) => status),
      [true, true],
    )
    assert.ok(handlers.length > 0)
  })

  it("runs a pod with an address in the cluster's network", async () => {
    const pod = fixture.pod({ labels: { made: "by hand" } })
    const sandbox = await runtime.runPodSandbox(pod)
    const serve = ["sh", "-c", "echo first; echo second >&2; exec httpd -f -p 7000 -h /www"]
    const id = await runtime.createContainer(sandbox, fixture.container(serve))
    await runtime.startContainer(id)
    const { ips, netnsPath } = await runtime.podSandboxStatus(sandbox)
    assert.match(ips[0] ?? "", /^10\.\d+\.0\.\d+$/)
    assert.notEqual(netnsPath, "")
    assert.deepEqual(
      (await runtime.listPodSandboxes({ labelSelector: { made: "by hand" } })).map((each) => each.id),
      [sandbox],
    )
    const answer = await fixture.answer(sandbox, 7000, "GET / HTTP/1.0\r\n\r\n")
    assert.match(answer, /^HTTP\/1\.\d 200/)

    const { exitCode, stdout } = await runtime.execSync(id, ["cat", "/etc/about"], 10_000)
    assert.deepEqual([String(stdout), exitCode], ["busybox", 0])
    const late = runtime.execSync(id, ["sleep", "4321"], 1000)
    await assert.rejects(late, (error) => isRuntimeError(error, "DeadlineExceeded"))
    const { stdout: left } = await runtime.execSync(id, ["sh", "-c", "pidof sleep || echo none"], 10_000)
    assert.equal(String(left), "none\n")
    const request = { cmd: ["sh"], tty: true, stdin: true, stdout: true, stderr: false }
    const shell = await runtime.exec(id, request)
    assert(shell.stdin !== null && shell.stdout !== null)
    shell.resize(100, 40)
    shell.stdin.write("until stty size | grep '40 100'; do :; done; exit 4\n")
    const said = await text(shell.stdout)
    assert.match(said, /\b40 100\b/)
    assert.equal(await shell.exited, 4)

    const { logPath } = await runtime.containerStatus(id)
    const lines = readFileSync(logPath, "utf8").trim().split("\n")
    assert.deepEqual(lines.map((line) => line.replace(/^\S+ /, "")).sort(), ["stderr F second", "stdout F first"])
    const { memory, network, pids } = await runtime.podSandboxStats(sandbox)
    assert.ok((memory?.workingSetBytes ?? 0) > 0 && (pids ?? 0) > 0)
    assert.deepEqual(
      network.map(({ name }) => name),
      ["eth0"],
    )
    await runtime.removePodSandbox(sandbox)
  })

  it("tells of what happens, to whoever listens", async () => {
    const enough = new AbortController()
    const seen: string[] = []
    const { sandbox, id } = await fixture.started(["sh", "-c", "read line; exit 5"], { stdin: true })
    const listening = (async () => {
      for await (const event of runtime.events(enough.signal)) {
        if (event.type === "container" && event.container.id === id) {
          seen.push(`${event.container.state} ${event.container.exitCode}`)
        }
        if (event.type === "container-removed" && event.id === id) return
      }
    })()
    const { stdin } = await runtime.attach(id, { tty: false, stdin: true, stdout: true, stderr: true })
    // It ends by itself, which only the runtime can know.
    stdin?.write("go\n")
    // With the pod gone, its events would say no more what it was like.
    await until("the end is told", () => seen.length === 2)
    await runtime.removePodSandbox(sandbox)
    await listening
    enough.abort()
    assert.deepEqual(seen, ["RUNNING 0", "EXITED 5"])
  })

  it("has the node's images, and pulls others for who may have them", async () => {
    const name = `${registry.host}/team/other:1`
    await pushImage(name, "other")
    await assert.rejects(images.pull(name), (error) => isImageError(error))
    const auth = [{ username: USER.name, password: USER.password }]
    const found = await images.pull(name, { auth })
    assert.deepEqual(found.repoTags, [name])
    assert.deepEqual(await images.status(found.id), found)
    assert.ok((await images.list()).some(({ repoTags }) => repoTags.includes(BUSYBOX)))
    const twin = `${registry.host}/team/twin:1`
    await pushImage(twin, "other")
    const { id, repoTags } = await images.pull(twin, { auth })
    assert.deepEqual([id, repoTags.toSorted()], [found.id, [name, twin]])
    // By one name an image goes with all of them.
    await images.remove(name)
    assert.deepEqual([await images.status(name), await images.status(twin)], [null, null])
    const { capacityBytes, mountpoint, usedBytes } = await images.fsInfo()
    assert.ok(usedBytes > 0 && capacityBytes > usedBytes && mountpoint !== "")
  })

  it("refuses what cannot be, by its kind", async () => {
    const sandbox = await runtime.runPodSandbox(fixture.pod())
    const image = { image: "gantry.test/none:1", userSpecifiedImage: "" }
    const missing = runtime.createContainer(sandbox, fixture.container(["true"], { image }))
    await assert.rejects(missing, (error) => isRuntimeError(error, "ImageMissing"))
    await runtime.removePodSandbox(sandbox)
    await assert.rejects(runtime.podSandboxStatus(sandbox), (error) => isRuntimeError(error, "NotFound"))
  })
})
