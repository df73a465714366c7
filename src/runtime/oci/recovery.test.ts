import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { after, test } from "node:test"
import { unmount } from "../../platform/linux/mount.ts"
import { readMountTable } from "../../platform/linux/mount-table.ts"
import { conformancePrograms } from "../conformance/fixture.ts"
import type { ContainerId, ContainerRuntime } from "../runtime.ts"
import { createTestMachine, readLog, type TestMachine } from "./testing/machine.ts"

const machines: TestMachine[] = []
after(async () => {
  for (const machine of machines) await machine.remove()
})

function newMachine(): TestMachine {
  const machine = createTestMachine()
  machines.push(machine)
  return machine
}

/** Runs a plan in another process, and kills that with SIGKILL when it has printed `last` lines, or is done. */
async function runAndKill(
  machine: TestMachine,
  plan: readonly string[],
  last = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const program = join(import.meta.dirname, "testing/agent.ts")
  const args = ["--disable-warning=ExperimentalWarning", program, machine.root, ...plan]
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] })
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line === "done" || lines.length >= last) break
  }
  child.kill("SIGKILL")
  await once(child, "exit")
  return lines
}

const idIn = (lines: readonly string[], word: string): ContainerId =>
  lines.find((line) => line.startsWith(`${word} `))?.split(" ")[1] as ContainerId

async function removeAll(runtime: ContainerRuntime): Promise<void> {
  for (const { id } of await runtime.listPodSandboxes()) await runtime.removePodSandbox(id)
}

test("containers outlive the process that started them, and the next one adopts them", async () => {
  const machine = newMachine()
  const lines = await runAndKill(machine, ["run", "end"])
  const [running, ending] = [idIn(lines, "running"), idIn(lines, "ends")]
  // One ends while nobody looks.
  const { logPath } = JSON.parse(readFileSync(join(machine.root, `data/containers/${ending}/container.json`), "utf8"))
  writeFileSync(join(machine.root, "go"), "")
  const runtime = await machine.open()
  const fixture = machine.fixture(runtime)
  const ended = await fixture.ended(ending)
  assert.deepEqual([ended.exitCode, ended.reason], [5, "Error"])
  assert.deepEqual(readLog(logPath), [{ stream: "stdout", text: "late\n" }])
  const status = await runtime.containerStatus(running)
  assert.equal(status.state, "RUNNING")
  process.kill(status.pid, 0)
  const [sandbox] = await runtime.listPodSandboxes({ id: status.sandboxId })
  assert.equal(sandbox?.state, "READY")
  const { stdin, stdout } = await runtime.attach(running, { tty: false, stdin: true, stdout: true, stderr: true })
  assert(stdin !== null && stdout !== null)
  stdin.write("still here")
  assert.equal(String((await once(stdout, "data"))[0]), "still here")
  assert.equal((await runtime.execSync(running, ["true"], 0)).exitCode, 0)
  await runtime.stopContainer(running, 0)
  assert.equal((await runtime.containerStatus(running)).exitCode, 137)
  await removeAll(runtime)
  assert.deepEqual(machine.leftovers(), [])
})

test("a sandbox that was half made is removed", async () => {
  const machine = newMachine()
  assert.deepEqual(await runAndKill(machine, ["stuck"], 1), ["network"])
  assert.notDeepEqual(machine.leftovers(), [])
  const runtime = await machine.open()
  assert.deepEqual(await runtime.listPodSandboxes(), [])
  assert.deepEqual(machine.leftovers(), [])
})

// Two rounds of five steps, killed at the beginning of each.
for (let last = 1; last <= 10; last++) {
  test(`a kill at step ${last} leaves what can be told, stopped and removed`, async () => {
    const machine = newMachine()
    await runAndKill(machine, ["churn"], last)
    const runtime = await machine.open()
    const fixture = machine.fixture(runtime)
    for (const { id } of await runtime.listContainers({ state: "CREATED" })) await runtime.startContainer(id)
    for (const { id } of await runtime.listContainers({ state: "RUNNING" })) {
      assert.equal((await runtime.execSync(id, ["true"], 0)).exitCode, 0)
      await runtime.stopContainer(id, 0)
    }
    const left = await runtime.listContainers()
    assert.deepEqual(
      left.filter(({ state }) => state !== "EXITED"),
      [],
    )
    // New pods work as if nothing had happened.
    const { id } = await fixture.started(conformancePrograms.endsBadly)
    assert.equal((await fixture.ended(id)).exitCode, 3)
    await removeAll(runtime)
    assert.deepEqual(machine.leftovers(), [])
  })
}

test("after a restart of the machine containers have ended, sandboxes are not ready, and all can be removed", async () => {
  const machine = newMachine()
  const first = await machine.open()
  const { id, sandbox } = await machine.fixture(first).started(conformancePrograms.runs)
  const runRecord = join(machine.options.dataDir, "containers", id, "run.json")
  const beforeTheCut = readFileSync(runRecord)
  await first.stopContainer(id, 0)
  await first.close()
  const mounts = readMountTable().filter(({ mountPoint }) => mountPoint.startsWith(`${machine.root}/`))
  for (const { mountPoint } of mounts.toReversed()) unmount(mountPoint)
  rmSync(machine.options.stateDir, { recursive: true })
  writeFileSync(runRecord, beforeTheCut)
  const runtime = await machine.open()
  const { state, reason, exitCode } = await runtime.containerStatus(id)
  assert.deepEqual([state, reason, exitCode], ["EXITED", "Error", 255])
  assert.equal((await runtime.podSandboxStatus(sandbox)).state, "NOTREADY")
  await removeAll(runtime)
  assert.deepEqual(machine.leftovers(), [])
})

test("a container whose monitor was killed is found out", async () => {
  const machine = newMachine()
  const runtime = await machine.open()
  const { id } = await machine.fixture(runtime).started(conformancePrograms.runs)
  const monitor = Number(readFileSync(join(machine.options.stateDir, "containers", id, "monitor-pid"), "utf8"))
  process.kill(monitor, "SIGKILL")
  assert.equal((await runtime.containerStatus(id)).state, "RUNNING")
  await runtime.stopContainer(id, 0)
  const { state, exitCode, message } = await runtime.containerStatus(id)
  assert.deepEqual([state, exitCode], ["EXITED", 255])
  assert.match(message, /exit code is unknown/)
  await removeAll(runtime)
  assert.deepEqual(machine.leftovers(), [])
})
