import assert from "node:assert/strict"
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { setImmediate } from "node:timers/promises"
import { createTestBed, platform, podRequest } from "../../testing/namespaces.ts"
import { networkIn, REFERENCE_PLUGINS, withoutPlugins } from "./testing.ts"

const module = new URL("plugin-network.ts", import.meta.url).href
const platformModule = new URL("../../../platform/node/platform.ts", import.meta.url).href

test("what a killed agent's plugins still do is taken away when they are done", { skip: withoutPlugins }, async (t) => {
  const bed = createTestBed(t)
  const [node, pod] = [bed.namespace("node"), bed.namespace("pod")]
  const [begun, go, log] = ["begun", "go", "log"].map((name) => join(bed.dir, name)) as [string, string, string]
  const ipam = { type: "host-local", dataDir: join(bed.dir, "ipam"), ranges: [[{ subnet: "10.7.0.0/24" }]] }
  const bridge = { type: "late-bridge", bridge: "cni-test", isGateway: true, ipam }
  const options = { netns: node, binDirs: [join(bed.dir, "bin"), REFERENCE_PLUGINS] }
  const configuration = { cniVersion: "1.0.0", name: "late", plugins: [bridge] }
  const { confDir, binDir } = networkIn(bed, configuration, options)
  const script = `#!/bin/sh
    if [ $CNI_COMMAND = ADD ]; then touch ${begun}; until [ -e ${go} ]; do sleep 0.01; done; fi
    ${REFERENCE_PLUGINS}/bridge; code=$?; echo $CNI_COMMAND >> ${log}; exit $code`
  writeFileSync(join(binDir, "late-bridge"), script)
  chmodSync(join(binDir, "late-bridge"), 0o755)
  const stateDir = join(bed.dir, "state")
  const given = { ...options, confDir, podCidrs: [], stateDir }
  const agent = `
    import { createPluginNetwork } from ${JSON.stringify(module)}
    import { createNodePlatform } from ${JSON.stringify(platformModule)}
    const options = { ...${JSON.stringify(given)}, env: process.env, platform: createNodePlatform() }
    await createPluginNetwork(options).setUp(${JSON.stringify(podRequest("a", pod))})`
  const flags = ["--disable-warning=ExperimentalWarning", "--input-type=module"]
  const child = platform.processes.spawn(process.execPath, [...flags, "-e", agent], {
    stdio: ["ignore", "ignore", "inherit"],
  })
  while (!existsSync(begun)) await setImmediate()
  child.kill("SIGKILL")
  await child.exited

  const record = join(stateDir, "a")
  const next = networkIn(bed, configuration, options).network
  const progress = { isDone: false }
  const reconciled = next.reconcile(new Set()).then(() => {
    progress.isDone = true
  })
  const lock = `:${statSync(record).ino} `
  const isWaiting = () =>
    readFileSync("/proc/locks", "utf8")
      .split("\n")
      .some((line) => line.includes("->") && line.includes(lock))
  while (!progress.isDone && !isWaiting()) await setImmediate()
  writeFileSync(go, "")
  await reconciled
  assert.deepEqual(readFileSync(log, "utf8").trim().split("\n"), ["ADD", "DEL"])
  assert.deepEqual(
    readdirSync(join(bed.dir, "ipam", "late")).filter((name) => name.startsWith("10.")),
    [],
  )
  assert.equal(await bed.run(node, "sh", "-c", "ip -o link show type veth"), "")
  assert.deepEqual(readdirSync(stateDir), [])
})
