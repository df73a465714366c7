import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import {
  code,
  conformanceCommands,
  conformancePrograms,
  Fixture,
  type It,
  type RuntimeSubject,
} from "./conformance/fixture.ts"
import { testCommands, testStreams } from "./conformance/streams.ts"
import type { ContainerId, RuntimeEvent, SandboxId } from "./runtime.ts"

/** A guard against hanging; no test depends on it. */
const TEST_MS = 60_000
const { cannotStart, endsBadly, endsWell, ignoresTerm, runs } = conformancePrograms

/** What every container runtime must do. Registers tests; call it from a test file. */
export function testRuntime(name: string, open: () => Promise<RuntimeSubject>): void {
  const opened = Promise.withResolvers<RuntimeSubject>()
  opened.promise.catch(() => undefined)
  before(() => open().then(opened.resolve, opened.reject))
  after(async () => (await opened.promise).close())
  const it: It = (title, work) =>
    test(`${name}: ${title}`, { timeout: TEST_MS }, async () => work(new Fixture(await opened.promise)))
  testSandboxes(it)
  testContainers(it)
  testStopping(it)
  testCommands(it)
  testStreams(it)
  testEvents(it)
  testReports(it)
}

function testSandboxes(it: It): void {
  it("a sandbox is ready until it is stopped, and gone when it is removed", async (fixture) => {
    const { runtime } = fixture
    const config = fixture.pod({ labels: { app: "web" } })
    const id = await runtime.runPodSandbox(config)
    assert.equal(await runtime.runPodSandbox(config), id)
    const status = await runtime.podSandboxStatus(id)
    assert.deepEqual([status.state, status.metadata, { ...status.labels }], ["READY", config.metadata, { app: "web" }])
    assert.equal(status.ips.length, 1)
    await runtime.stopPodSandbox(id)
    await runtime.stopPodSandbox(id)
    assert.equal((await runtime.podSandboxStatus(id)).state, "NOTREADY")
    await assert.rejects(runtime.runPodSandbox(config), code("AlreadyExists"))
    await runtime.removePodSandbox(id)
    await runtime.removePodSandbox(id)
    await assert.rejects(runtime.podSandboxStatus(id), code("NotFound"))
  })

  it("calls that arrive at once make one sandbox and one container", async (fixture) => {
    const { runtime } = fixture
    const pod = fixture.pod()
    const sandboxes = await Promise.all([runtime.runPodSandbox(pod), runtime.runPodSandbox(pod)])
    assert.equal(sandboxes[0], sandboxes[1])
    const config = fixture.container(runs)
    const create = () => runtime.createContainer(sandboxes[0], config)
    const containers = await Promise.all([create(), create()])
    assert.equal(containers[0], containers[1])
  })

  it("lists are filtered by id, state and labels", async (fixture) => {
    const { runtime } = fixture
    const one = await runtime.runPodSandbox(fixture.pod({ labels: { filtered: "a", constructor: "x" } }))
    const two = await runtime.runPodSandbox(fixture.pod({ labels: { filtered: "b" } }))
    await runtime.stopPodSandbox(two)
    const ids = async (filter: Parameters<typeof runtime.listPodSandboxes>[0]) =>
      (await runtime.listPodSandboxes(filter)).map(({ id }) => id)
    assert.deepEqual(await ids({ id: one }), [one])
    assert.deepEqual(await ids({ labelSelector: { filtered: "a" } }), [one])
    assert.deepEqual(await ids({ labelSelector: { filtered: "b", constructor: "x" } }), [])
    assert.deepEqual(await ids({ state: "READY", labelSelector: { filtered: "b" } }), [])
    const container = await runtime.createContainer(one, fixture.container(runs, { labels: { part: "main" } }))
    const containers = async (filter: Parameters<typeof runtime.listContainers>[0]) =>
      (await runtime.listContainers(filter)).map(({ id }) => id)
    assert.deepEqual(await containers({ sandboxId: one, state: "CREATED" }), [container])
    assert.deepEqual(await containers({ sandboxId: one, state: "RUNNING" }), [])
    assert.deepEqual(await containers({ sandboxId: two }), [])
    assert.deepEqual(await containers({ sandboxId: one, labelSelector: { part: "main" } }), [container])
  })

  it("stopping a sandbox kills its containers, and no container can be added", async (fixture) => {
    const { runtime } = fixture
    const { sandbox, id } = await fixture.started(ignoresTerm)
    const created = await runtime.createContainer(sandbox, fixture.container(runs, { metadata: second }))
    await fixture.subject.settle(runtime.stopPodSandbox(sandbox))
    const states = await Promise.all([id, created].map((each) => runtime.containerStatus(each)))
    assert.deepEqual(
      states.map(({ state, exitCode }) => [state, exitCode]),
      [
        ["EXITED", 137],
        ["EXITED", 137],
      ],
    )
    const third = fixture.container(runs, { metadata: { name: "third", attempt: 0 } })
    await assert.rejects(runtime.createContainer(sandbox, third), code("FailedPrecondition"))
    await runtime.removePodSandbox(sandbox)
    await assert.rejects(runtime.containerStatus(id), code("NotFound"))
  })
}

const second = { name: "second", attempt: 0 }

function testContainers(it: It): void {
  it("a container is created, runs and ends", async (fixture) => {
    const { runtime } = fixture
    const sandbox = await runtime.runPodSandbox(fixture.pod())
    const image = { image: fixture.subject.image, userSpecifiedImage: "as/written:1" }
    const config = fixture.container(endsBadly, { labels: { a: "b" }, image })
    const id = await runtime.createContainer(sandbox, config)
    assert.equal(await runtime.createContainer(sandbox, config), id)
    const created = await runtime.containerStatus(id)
    assert.deepEqual([created.state, created.startedAtNs, created.pid, created.reason], ["CREATED", 0n, 0, ""])
    assert.deepEqual([created.image.userSpecifiedImage, { ...created.labels }], ["as/written:1", { a: "b" }])
    await runtime.startContainer(id)
    const ended = await fixture.ended(id)
    assert.deepEqual([ended.exitCode, ended.reason, ended.pid], [3, "Error", 0])
    assert(ended.createdAtNs > 0n && ended.startedAtNs >= ended.createdAtNs - CLOCK_TICK_NS)
    assert(ended.finishedAtNs >= ended.startedAtNs)
    assert.deepEqual(await runtime.containerStatus(id), ended)
    await assert.rejects(runtime.startContainer(id), code("FailedPrecondition"))
    await runtime.removeContainer(id)
    await runtime.removeContainer(id)
    await assert.rejects(runtime.containerStatus(id), code("NotFound"))
  })

  it("exit code 0 is Completed", async (fixture) => {
    const { id } = await fixture.started(endsWell)
    const { exitCode, reason } = await fixture.ended(id)
    assert.deepEqual([exitCode, reason], [0, "Completed"])
  })

  it("a running container has a pid, and starting it again succeeds", async (fixture) => {
    const { id } = await fixture.started(runs)
    await fixture.runtime.startContainer(id)
    const { state, pid } = await fixture.runtime.containerStatus(id)
    assert.equal(state, "RUNNING")
    assert(pid > 0)
  })

  it("a program that is not there makes the start fail, and the container has exited", async (fixture) => {
    const { runtime } = fixture
    const sandbox = await runtime.runPodSandbox(fixture.pod())
    const id = await runtime.createContainer(sandbox, fixture.container(cannotStart))
    await assert.rejects(runtime.startContainer(id), code("RuntimeFailure"))
    const { state, exitCode, reason, message } = await runtime.containerStatus(id)
    assert.deepEqual([state, exitCode, reason], ["EXITED", 128, "StartError"])
    assert.match(message, /\/no\/such\/program/)
  })

  it("a missing image and missing sandboxes and containers are told apart", async (fixture) => {
    const { runtime } = fixture
    const sandbox = await runtime.runPodSandbox(fixture.pod())
    const image = { image: "no/such:image", userSpecifiedImage: "no/such:image" }
    await assert.rejects(runtime.createContainer(sandbox, fixture.container(runs, { image })), code("ImageMissing"))
    const config = fixture.container(runs)
    await assert.rejects(runtime.createContainer("none" as SandboxId, config), code("NotFound"))
    await assert.rejects(runtime.startContainer("none" as ContainerId), code("NotFound"))
    assert.deepEqual(await runtime.listContainers({ sandboxId: sandbox }), [])
  })
}

/** File times are dated by the kernel's tick, which lags behind the clock. */
const CLOCK_TICK_NS = 20_000_000n

function testStopping(it: It): void {
  it("the stop signal lets a container end by itself", async (fixture) => {
    const { id } = await fixture.started(runs)
    await fixture.runtime.execSync(id, conformanceCommands.awaitsHandler, 30_000)
    await fixture.subject.settle(fixture.runtime.stopContainer(id, 30_000))
    const { state, exitCode, reason } = await fixture.runtime.containerStatus(id)
    assert.deepEqual([state, exitCode, reason], ["EXITED", 0, "Completed"])
  })

  it("a container that ignores the stop signal is killed when its time is up", async (fixture) => {
    const { id } = await fixture.started(ignoresTerm)
    await fixture.subject.settle(fixture.runtime.stopContainer(id, 50))
    const { state, exitCode, reason } = await fixture.runtime.containerStatus(id)
    assert.deepEqual([state, exitCode, reason], ["EXITED", 137, "Error"])
  })

  it("stopping what has stopped, never started or never was succeeds", async (fixture) => {
    const { runtime } = fixture
    const { sandbox, id } = await fixture.started(runs)
    await fixture.subject.settle(runtime.stopContainer(id, 0))
    await runtime.stopContainer(id, 1000)
    const created = await runtime.createContainer(sandbox, fixture.container(runs, { metadata: second }))
    await runtime.stopContainer(created, 1000)
    assert.equal((await runtime.containerStatus(created)).state, "EXITED")
    await runtime.stopContainer("none" as ContainerId, 0)
    await runtime.stopPodSandbox("none" as SandboxId)
    await runtime.removeContainer("none" as ContainerId)
  })
}

function testEvents(it: It): void {
  it("events begin with what exists and then tell every change", async (fixture) => {
    const { runtime } = fixture
    const { sandbox, id } = await fixture.started(runs)
    const enough = new AbortController()
    const seen: string[] = []
    const listening = (async () => {
      for await (const event of runtime.events(enough.signal)) {
        const line = describe(event, sandbox, id)
        if (line !== null) seen.push(line)
        if (event.type === "sandbox-removed" && event.id === sandbox) enough.abort()
      }
    })()
    await fixture.subject.settle(runtime.stopContainer(id, 1000))
    await runtime.removeContainer(id)
    await runtime.stopPodSandbox(sandbox)
    await runtime.removePodSandbox(sandbox)
    await listening
    const expected = ["sandbox READY", "container RUNNING", "container EXITED", "container-removed", "sandbox NOTREADY"]
    assert.deepEqual(seen, [...expected, "sandbox-removed"])
  })
}

function describe(event: RuntimeEvent, sandbox: SandboxId, id: ContainerId): string | null {
  switch (event.type) {
    case "sandbox":
      return event.sandbox.id === sandbox ? `sandbox ${event.sandbox.state}` : null
    case "container":
      return event.container.id === id ? `container ${event.container.state}` : null
    case "sandbox-removed":
      return event.id === sandbox ? event.type : null
    case "container-removed":
      return event.id === id ? event.type : null
  }
}

function testReports(it: It): void {
  it("stats cover running containers", async (fixture) => {
    const { runtime } = fixture
    const { sandbox, id } = await fixture.started(runs)
    const stats = await runtime.containerStats(id)
    assert.equal(stats.metadata.name, "main")
    assert((stats.memory?.workingSetBytes ?? 0) > 0)
    assert.equal(typeof stats.cpu?.usageCoreNs, "bigint")
    const pod = await runtime.podSandboxStats(sandbox)
    assert((pod.pids ?? 0) > 0)
    assert.deepEqual(
      pod.containers.map((container) => container.id),
      [id],
    )
    await fixture.subject.settle(runtime.stopContainer(id, 0))
    const [ended] = await runtime.listContainerStats({ id })
    assert.deepEqual([ended?.cpu, ended?.memory], [undefined, undefined])
  })

  it("limits can be changed while a container runs and before", async (fixture) => {
    const { runtime } = fixture
    const { sandbox, id } = await fixture.started(runs)
    const created = await runtime.createContainer(sandbox, fixture.container(runs, { metadata: second }))
    for (const each of [id, created]) {
      await runtime.updateContainerResources(each, { memoryLimitBytes: 64 << 20 })
      await runtime.updateContainerResources(each, { cpuShares: 300 })
      const { resources } = await runtime.containerStatus(each)
      assert.deepEqual([resources.memoryLimitBytes, resources.cpuShares], [64 << 20, 300])
    }
  })

  it("it says what it is and that it is ready", async ({ runtime }) => {
    const { conditions, handlers } = await runtime.status()
    assert.deepEqual(
      conditions.map(({ type, status }) => [type, status]),
      [
        ["RuntimeReady", true],
        ["NetworkReady", true],
      ],
    )
    assert(handlers.some(({ name }) => name === ""))
    assert.equal((await runtime.version()).runtimeApiVersion, "v1")
    assert.equal((await runtime.runtimeConfig()).cgroupDriver, "cgroupfs")
  })
}
