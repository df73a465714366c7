import assert from "node:assert/strict"
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type TestContext, test } from "node:test"
import { cannotRun, createTestBed, platform, podRequest } from "../../testing/namespaces.ts"
import { createPluginNetwork } from "./plugin-network.ts"
import { networkIn } from "./testing.ts"

/** Plugins that write down what they are told, and answer what the configuration says. */
function recordingPlugins(t: TestContext, configuration: object) {
  const bed = createTestBed(t)
  const made = networkIn(bed, configuration)
  const log = join(bed.dir, "log")
  for (const type of ["first", "second"]) {
    const script = `#!${process.execPath}
      const fs = require("node:fs")
      const told = JSON.parse(fs.readFileSync(0, "utf8"))
      const { CNI_COMMAND: command, CNI_CONTAINERID: id, CNI_NETNS: netns, CNI_IFNAME: name, CNI_ARGS: args } = process.env
      fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify({ type: told.type, command, id, netns, name, args, told }) + "\\n")
      const answer = told.answers?.[command]
      if (answer) console.log(JSON.stringify(answer))
      process.exit(answer?.code ? 1 : 0)`
    writeFileSync(join(made.binDir, type), script)
    chmodSync(join(made.binDir, type), 0o755)
  }
  type Line = {
    type: string
    command: string
    id?: string
    netns?: string
    args?: string
    told: Record<string, unknown>
  }
  const told = (): Line[] => {
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []
    writeFileSync(log, "")
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Line)
  }
  return { ...made, bed, told, pod: bed.namespace("pod") }
}

const answer = (address: string) => ({ cniVersion: "1.1.0", ips: [{ address }] })
const list = (version: string, second: object = {}) => ({
  cniVersion: version,
  name: "test",
  plugins: [
    { type: "first", answers: { ADD: answer("10.1.0.9/24") }, capabilities: { portMappings: true, ipRanges: false } },
    { type: "second", answers: { ADD: answer("10.1.0.2/24") }, capabilities: { bandwidth: true }, ...second },
  ],
})

test("plugins run in order, and backwards, and are told what others said", { skip: cannotRun }, async (t) => {
  const { network, told, pod } = recordingPlugins(t, list("1.1.0"))
  const request = podRequest("one", pod, {
    portMappings: [{ protocol: "TCP", hostPort: 8080, containerPort: 80, hostIp: "" }],
    annotations: { "kubernetes.io/egress-bandwidth": "8M" },
  })
  assert.deepEqual(await network.setUp(request), { ips: ["10.1.0.2"] })
  assert.equal(network.hasAddress("10.1.0.2"), true)
  const [first, second] = told()
  assert.deepEqual([first?.command, first?.type, first?.id, first?.netns], ["ADD", "first", "one", pod])
  assert.match(
    first?.args ?? "",
    /K8S_POD_NAMESPACE=default;K8S_POD_NAME=one;K8S_POD_INFRA_CONTAINER_ID=one;K8S_POD_UID=one/,
  )
  const portMappings = [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }]
  assert.deepEqual([first?.told["name"], first?.told["cniVersion"]], ["test", "1.1.0"])
  assert.deepEqual([first?.told["runtimeConfig"], first?.told["prevResult"]], [{ portMappings }, undefined])
  const runtimeConfig = second?.told["runtimeConfig"] as { bandwidth: { egressRate: number } } | undefined
  assert.equal(runtimeConfig?.bandwidth.egressRate, 8e6)
  assert.deepEqual(second?.told["prevResult"], answer("10.1.0.9/24"))

  await network.reconcile(new Set(["one"]))
  const looked = told()
  assert.deepEqual(
    looked.map(({ command, type }) => `${command} ${type}`),
    ["CHECK first", "CHECK second", "GC first", "GC second"],
  )
  assert.deepEqual(looked[0]?.told["prevResult"], answer("10.1.0.2/24"))
  assert.deepEqual(looked[2]?.told["cni.dev/valid-attachments"], [{ containerID: "one", ifname: "eth0" }])

  await network.tearDown(podRequest("one", ""))
  await network.tearDown(podRequest("one", ""))
  const removed = told()
  assert.deepEqual(
    removed.map(({ command, type, netns }) => `${command} ${type} ${netns}`),
    ["DEL second ", "DEL first "],
  )
  assert.deepEqual(removed[0]?.told["prevResult"], answer("10.1.0.2/24"))
  assert.equal(network.hasAddress("10.1.0.2"), false)
})

test("what an older version of the specification lacks is not asked", { skip: cannotRun }, async (t) => {
  const { network, told, pod } = recordingPlugins(t, list("0.3.1"))
  await network.setUp(podRequest("one", pod))
  assert.equal((await network.status()).ready, true)
  await network.reconcile(new Set(["one"]))
  await network.tearDown(podRequest("one", pod))
  const all = told()
  assert.deepEqual(
    all.map(({ command }) => command),
    ["ADD", "ADD", "DEL", "DEL"],
  )
  assert.equal(all[2]?.told["prevResult"], undefined)
})

test("a chain that broke is taken away by what it was made with", { skip: cannotRun }, async (t) => {
  const failure = { code: 11, msg: "no addresses", details: "try later" }
  const { network, told, pod, confDir, bed, binDir } = recordingPlugins(t, list("1.0.0", { answers: { ADD: failure } }))
  await assert.rejects(
    network.setUp(podRequest("one", pod)),
    /plugin type="second" failed \(add\): no addresses; try later/,
  )
  writeFileSync(
    join(confDir, "10-test.conflist"),
    JSON.stringify({ cniVersion: "1.0.0", name: "other", plugins: [{ type: "gone" }] }),
  )
  assert.deepEqual(
    told().map(({ command, type }) => `${command} ${type}`),
    ["ADD first", "ADD second"],
  )
  // Another process finds it on disk, and its pod gone.
  const stateDir = join(bed.dir, "state")
  const next = createPluginNetwork({
    confDir,
    binDirs: [binDir],
    env: process.env,
    podCidrs: ["10.244.0.0/24"],
    stateDir,
    platform,
  })
  await next.reconcile(new Set())
  assert.deepEqual(
    told().map(({ command, told: { name } }) => `${command} ${name}`),
    ["DEL test", "DEL test"],
  )
  assert.deepEqual(readdirSync(stateDir), [])
  await assert.rejects(next.setUp(podRequest("two", pod)), /failed to find plugin "gone" in path/)
})

test("the status is what plugins say, or that there are none", { skip: cannotRun }, async (t) => {
  const failure = { code: 50, msg: "no daemon" }
  const { network, confDir, binDir, bed } = recordingPlugins(t, list("1.1.0", { answers: { STATUS: failure } }))
  const { ready, reason, message } = await network.status()
  assert.deepEqual([ready, reason], [false, "NetworkPluginNotReady"])
  assert.match(message, /plugin type="second" failed \(status\): no daemon/)
  const empty = join(bed.dir, "empty")
  const options = { binDirs: [binDir], env: process.env, podCidrs: ["10.244.0.0/24"], platform }
  const none = createPluginNetwork({ ...options, confDir: empty, stateDir: join(bed.dir, "none") })
  assert.match((await none.status()).message, /cni plugin not initialized/)
  writeFileSync(join(confDir, "05-gone.conflist"), JSON.stringify({ name: "n", plugins: [{ type: "gone" }] }))
  const gone = createPluginNetwork({ ...options, confDir, stateDir: join(bed.dir, "none") })
  assert.match((await gone.status()).message, /failed to find plugin "gone" in path/)
  writeFileSync(join(confDir, "00-broken.conflist"), "{")
  const broken = createPluginNetwork({ ...options, confDir, stateDir: join(bed.dir, "none") })
  assert.match((await broken.status()).message, /00-broken\.conflist/)
})
