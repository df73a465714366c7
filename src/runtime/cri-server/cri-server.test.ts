import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { createImageStore } from "../../images/image-store.ts"
import { type GrpcChannel, openChannel } from "../../machinery/grpc/client.ts"
import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import type { GrpcServer } from "../../machinery/grpc/server.ts"
import type { ClientOf } from "../../machinery/grpc/service.ts"
import { createNodePlatform } from "../../platform/node/platform.ts"
import { CONTAINER_STATES, EVENT_TYPES, SIGNALS } from "../cri/enums.ts"
import { ImageService, RuntimeService } from "../cri/services.ts"
import { createFakeRuntime } from "../fake/fake-runtime.ts"
import type { ContainerId, ContainerRuntime } from "../runtime.ts"
import { Ids } from "./ids.ts"
import { serveCri } from "./serve-cri.ts"

const platform = createNodePlatform({ logLevel: "error" })
const folder = mkdtempSync(join(tmpdir(), "gantry-cri-"))
const socketPath = join(folder, "cri.sock")
let runtime: ContainerRuntime
let server: GrpcServer
let channel: GrpcChannel
let cri: ClientOf<typeof RuntimeService>
let images: ClientOf<typeof ImageService>

before(async () => {
  runtime = createFakeRuntime({
    clock: platform.clock,
    programs: () => ({ stopCode: 0 }),
    commands: (_, cmd) => (cmd[0] === "speak" ? { stdout: "out\n", stderr: "err\n", exitCode: 7 } : {}),
    hasImage: (image) => image === "present",
  })
  server = await serveCri({
    socketPath,
    runtime,
    images: createImageStore({ dir: join(folder, "images"), platform, proxyEnv: {} }),
    streaming: {
      exec: async (id, { cmd }) => `http://localhost/exec/${id}/${cmd.join("-")}`,
      attach: async (id) => `http://localhost/attach/${id}`,
      portForward: async (id) => `http://localhost/portforward/${id}`,
    },
    clock: platform.clock,
    version: "1.2.3",
  })
  channel = openChannel(socketPath, platform.clock)
  cri = channel.client(RuntimeService)
  images = channel.client(ImageService)
})
after(async () => {
  channel.close()
  server.close()
  await runtime.close()
  rmSync(folder, { recursive: true })
})

const sandboxConfig = (name: string) => ({
  metadata: { name, uid: `uid-${name}`, namespace: "default" },
  labels: { app: name },
  linux: { cgroupParent: `/pods/${name}`, securityContext: { namespaceOptions: { pid: 1 } } },
})
const containerConfig = (image = "present") => ({
  metadata: { name: "main" },
  image: { image },
  envs: [{ key: "A", value: Buffer.from("ü").toString("base64") }],
  stopSignal: SIGNALS.indexOf("SIGRTMIN+3"),
  linux: { resources: { cpuShares: 2, memoryLimitInBytes: 0, oomScoreAdj: -997 } },
})

async function started(name: string): Promise<{ readonly podSandboxId: string; readonly containerId: string }> {
  const { podSandboxId = "" } = await cri.RunPodSandbox({ config: sandboxConfig(name) })
  const { containerId = "" } = await cri.CreateContainer({ podSandboxId, config: containerConfig() })
  await cri.StartContainer({ containerId })
  return { podSandboxId, containerId }
}

test("a pod runs from its sandbox to its end", async () => {
  const { containerId, podSandboxId } = await started("web")
  const { containersStatuses = [], status } = await cri.PodSandboxStatus({ podSandboxId })
  assert.deepEqual([status?.metadata?.name, status?.labels?.["app"], status?.state ?? 0], ["web", "web", 0])
  assert.equal(status?.linux?.namespaces?.options?.pid, 1)
  assert.deepEqual(
    containersStatuses.map(({ id }) => id),
    [containerId],
  )
  const before = (await cri.ContainerStatus({ containerId, verbose: true })).status
  assert.equal(CONTAINER_STATES[before?.state ?? 0], "RUNNING")
  assert.equal(SIGNALS[before?.stopSignal ?? 0], "SIGRTMIN+3")
  // More than a double holds, to the last digit.
  const known = await runtime.containerStatus(containerId as ContainerId)
  assert.equal(String(before?.startedAt), String(known.startedAtNs))
  await cri.UpdatePodSandboxResources({ podSandboxId, resources: { cpuShares: 512 } })
  await cri.StopContainer({ containerId, timeout: 1 })
  const ended = (await cri.ContainerStatus({ containerId })).status
  assert.deepEqual([CONTAINER_STATES[ended?.state ?? 0], ended?.exitCode ?? 0], ["EXITED", 0])
  await cri.StopPodSandbox({ podSandboxId })
  await cri.RemovePodSandbox({ podSandboxId })
  await cri.RemovePodSandbox({ podSandboxId })
  assert.deepEqual((await cri.ListContainers({ filter: { podSandboxId } })).containers ?? [], [])
})

test("the beginning of an id will do, when it is that of one only", async () => {
  const ids = new Ids({
    listContainers: async () => ["ab", "abc", "abd", "xyz"].map((id) => ({ id: id as ContainerId })),
    listPodSandboxes: async () => [],
  })
  assert.equal(await ids.container("x"), "xyz")
  assert.equal(await ids.container("ab"), "ab")
  assert.equal(await ids.container("none"), "none")
  await assert.rejects(ids.container("a"), /the id a is the beginning of 3 ids/)
  await assert.rejects(ids.container(""), (error) => hasGrpcCode(error, "InvalidArgument"))
})

test("lists can be filtered and streamed", async () => {
  const { containerId } = await started("listed")
  const filter = { labelSelector: { app: "listed" } }
  const { items = [] } = await cri.ListPodSandbox({ filter })
  assert.equal(items.length, 1)
  const streamed = await Array.fromAsync(cri.StreamPodSandboxes({ filter }))
  assert.deepEqual(
    streamed.flatMap(({ podSandboxes = [] }) => podSandboxes),
    items,
  )
  const running = await cri.ListContainers({ filter: { id: containerId, state: { state: 1 } } })
  assert.equal(running.containers?.length, 1)
  const exited = await cri.ListContainers({ filter: { id: containerId, state: { state: 2 } } })
  assert.equal(exited.containers?.length ?? 0, 0)
})

test("commands run to their end, and streams have addresses", async () => {
  const { containerId, podSandboxId } = await started("spoken")
  const { exitCode, stderr = "", stdout = "" } = await cri.ExecSync({ containerId, cmd: ["speak"], timeout: 5 })
  const text = (bytes: string) => Buffer.from(bytes, "base64").toString()
  assert.deepEqual([text(stdout), text(stderr), exitCode], ["out\n", "err\n", 7])
  const exec = await cri.Exec({ containerId, cmd: ["a", "b"], stdout: true })
  assert.equal(exec.url, `http://localhost/exec/${containerId}/a-b`)
  assert.equal((await cri.PortForward({ podSandboxId })).url, `http://localhost/portforward/${podSandboxId}`)
  await assert.rejects(cri.Exec({ containerId, cmd: ["a"] }), /one of stdin, stdout, or stderr must be set/)
  await assert.rejects(cri.Attach({ containerId, stdout: true, stderr: true, tty: true }), /tty and stderr/)
  await cri.StopContainer({ containerId })
  await assert.rejects(cri.Exec({ containerId, cmd: ["a"], stdout: true }), (error) =>
    hasGrpcCode(error, "FailedPrecondition"),
  )
})

test("a listener hears of what happens from then on", async () => {
  await started("before")
  const stop = new AbortController()
  const heard: (readonly [type: string | undefined, id: string | undefined])[] = []
  const listening = (async () => {
    for await (const event of cri.GetContainerEvents({}, { signal: stop.signal })) {
      heard.push([EVENT_TYPES[event.containerEventType ?? 0], event.containerId])
      assert.ok(event.podSandboxStatus?.metadata?.name?.startsWith("heard"))
      if (event.containerEventType === EVENT_TYPES.indexOf("STOPPED")) return
    }
  })()
  // What exists when the stream begins is not told, and only the first event shows that it has begun.
  let podSandboxId = ""
  for (let count = 0; heard.length === 0; count++) {
    podSandboxId = (await cri.RunPodSandbox({ config: sandboxConfig(`heard-${count}`) })).podSandboxId ?? ""
  }
  const { containerId = "" } = await cri.CreateContainer({ podSandboxId, config: containerConfig() })
  await cri.StartContainer({ containerId })
  await cri.StopContainer({ containerId })
  await listening
  stop.abort()
  const ofContainer = heard.filter(([, id]) => id === containerId).map(([type]) => type)
  assert.deepEqual(ofContainer, ["CREATED", "STARTED", "STOPPED"])
})

const refusals: readonly (readonly [
  name: string,
  call: () => Promise<unknown>,
  code: "NotFound" | "InvalidArgument" | "Unimplemented",
])[] = [
  ["a sandbox that is not there", () => cri.PodSandboxStatus({ podSandboxId: "none" }), "NotFound"],
  ["resources of no sandbox", () => cri.UpdatePodSandboxResources({ podSandboxId: "none" }), "NotFound"],
  ["a sandbox without a name", () => cri.RunPodSandbox({ config: { metadata: { uid: "u" } } }), "InvalidArgument"],
  [
    "a slice of systemd",
    () => cri.RunPodSandbox({ config: { ...sandboxConfig("s"), linux: { cgroupParent: "pods.slice" } } }),
    "InvalidArgument",
  ],
  [
    "a cgroup elsewhere",
    () => cri.RunPodSandbox({ config: { ...sandboxConfig("s"), linux: { cgroupParent: "/pods/../x" } } }),
    "InvalidArgument",
  ],
  [
    "an image that is not there",
    async () => {
      const { podSandboxId = "" } = await cri.RunPodSandbox({ config: sandboxConfig("imageless") })
      return cri.CreateContainer({ podSandboxId, config: containerConfig("absent") })
    },
    "NotFound",
  ],
  [
    "a group without a user",
    async () => {
      const { podSandboxId = "" } = await cri.RunPodSandbox({ config: sandboxConfig("grouped") })
      const linux = { securityContext: { runAsGroup: { value: 5 } } }
      return cri.CreateContainer({ podSandboxId, config: { ...containerConfig(), linux } })
    },
    "InvalidArgument",
  ],
  ["checkpoints", () => cri.CheckpointContainer({ containerId: "x" }), "Unimplemented"],
  ["a pull without a name", () => images.PullImage({}), "InvalidArgument"],
]
for (const [name, call, code] of refusals) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(call(), (error) => hasGrpcCode(error, code))
  })
}

test("it says what it is and how it is", async () => {
  assert.deepEqual(await cri.Version({}), {
    version: "0.1.0",
    runtimeName: (await runtime.version()).runtimeName,
    runtimeVersion: "1.2.3",
    runtimeApiVersion: "v1",
  })
  const { status } = await cri.Status({})
  assert.deepEqual(
    status?.conditions?.map(({ status: isTrue, type }) => [type, isTrue]),
    [
      ["RuntimeReady", true],
      ["NetworkReady", true],
    ],
  )
  assert.equal((await cri.RuntimeConfig({})).linux?.cgroupDriver, 1)
})

test("images that are not there have no status", async () => {
  assert.deepEqual(await images.ImageStatus({ image: { image: "docker.io/library/none:1" } }), {})
  assert.deepEqual((await images.ListImages({})).images ?? [], [])
  assert.equal((await images.ImageFsInfo({})).imageFilesystems?.length, 1)
})
