import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { test } from "node:test"

const gantry = join(import.meta.dirname, "gantry.ts")
const firstLine = async (child: ChildProcess): Promise<string> => {
  assert.ok(child.stdout)
  for await (const line of createInterface({ input: child.stdout })) return line
  return ""
}
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("exit", resolve))

test("a test server says when it is ready, and takes its kubeconfig with it", async () => {
  const dir = mkdtempSync(join(tmpdir(), "gantry-test-server-"))
  const file = join(dir, "kubeconfig")
  const child = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    gantry,
    "test-server",
    "--kubeconfig",
    file,
  ])
  try {
    const exit = ended(child)
    assert.equal(await firstLine(child), `ready: ${file}`)
    assert.ok(existsSync(file))
    child.kill("SIGTERM")
    assert.equal(await exit, 0)
    assert.ok(!existsSync(file))
  } finally {
    child.kill("SIGKILL")
    rmSync(dir, { recursive: true, force: true })
  }
})
