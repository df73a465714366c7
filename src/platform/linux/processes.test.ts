import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync } from "node:fs"
import { availableParallelism } from "node:os"
import { test } from "node:test"
import { affinityCpuCount, becomeSubreaper, openPidfd, processExists, signalPidfd } from "./processes.ts"

test("a pidfd signals its process and knows that it has ended", async () => {
  const child = spawn("sleep", ["60"], { stdio: "ignore" })
  assert(child.pid !== undefined)
  const pidfd = openPidfd(child.pid)
  try {
    assert.equal(processExists(child.pid), true)
    assert.equal(signalPidfd(pidfd, 0), true)
    const exited = once(child, "exit")
    assert.equal(signalPidfd(pidfd, "SIGTERM"), true)
    assert.deepEqual(await exited, [null, "SIGTERM"])
    assert.equal(processExists(child.pid), false)
    assert.equal(signalPidfd(pidfd, "SIGTERM"), false)
    assert.throws(() => openPidfd(child.pid ?? 0), { code: "ESRCH" })
  } finally {
    closeSync(pidfd)
  }
})

test("ids that mean a group of processes are no process", () => {
  assert.equal(processExists(0), false)
  assert.equal(processExists(-1), false)
})

test("the number of processors", () => {
  assert(affinityCpuCount() >= availableParallelism())
})

test("a process can become the subreaper", () => becomeSubreaper())
