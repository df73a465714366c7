import assert from "node:assert/strict"
import { PassThrough } from "node:stream"
import { text } from "node:stream/consumers"
import { test } from "node:test"
import { setTimeout as delay } from "node:timers/promises"
import { testPlatform } from "../conformance.ts"
import { createNodePlatform } from "./platform.ts"

const platform = createNodePlatform()
testPlatform("node", () => ({ platform, pass: async (ms) => void (await delay(ms)) }))

test("a timer of a month does not fire at once", async () => {
  let fired = false
  const timer = platform.clock.after(2 ** 32, () => {
    fired = true
  })
  await delay(3)
  timer.cancel()
  assert.equal(fired, false)
})

test("run collects output, takes input, and reports an exit code", async () => {
  const result = await platform.processes.run("sh", ["-c", "cat; echo $0 $X >&2; exit 3", "a b"], {
    input: "hello",
    env: { PATH: "/usr/bin:/bin", X: "1" },
  })
  assert.deepEqual(result, { code: 3, signal: null, stdout: "hello", stderr: "a b 1\n" })
})

test("run bears a child that does not read its input", async () => {
  const result = await platform.processes.run("true", [], { input: "x".repeat(1_000_000) })
  assert.equal(result.code, 0)
})

test("a missing program is an error that names it", async () => {
  await assert.rejects(platform.processes.run("/no/such/program", []), /Cannot start \/no\/such\/program: .*ENOENT/)
  const child = platform.processes.spawn("/no/such/program", [])
  await assert.rejects(child.exited, /ENOENT/)
})

test("an abort kills the child and gives the reason, even when a grandchild holds the output", async () => {
  const abort = new AbortController()
  const reason = new Error("enough")
  const running = platform.processes.run("sh", ["-c", "sleep 2 & exec sleep 2"], { signal: abort.signal })
  abort.abort(reason)
  await assert.rejects(running, reason)
  await assert.rejects(platform.processes.run("true", [], { signal: abort.signal }), reason)
})

test("a spawned child can be talked to and killed", async () => {
  const child = platform.processes.spawn("cat", [], { stdio: ["pipe", "pipe", "ignore"] })
  assert(child.pid > 0)
  assert.equal(child.stderr, null)
  child.stdin?.write("one\n")
  const [chunk] = await (child.stdout?.take(1).toArray() ?? [])
  assert.equal(String(chunk), "one\n")
  child.kill("SIGKILL")
  assert.deepEqual(await child.exited, { code: null, signal: "SIGKILL" })
})

test("log lines are logfmt, cannot be forged, and show what caused an error", async () => {
  const to = new PassThrough()
  const log = createNodePlatform({ logTo: to }).log.with({ pod: "default/web" })
  log.debug("not printed")
  log.info("started", { count: 3, absent: undefined, name: "a b", labels: { a: "b" } })
  log.error("failed\nforged", { error: new Error("cannot pull", { cause: new Error("no route") }) })
  to.end()
  const lines = (await text(to)).trimEnd().split("\n")
  assert.equal(lines.length, 2)
  assert.match(lines[0] ?? "", /^\d{4}-.*Z info started pod=default\/web count=3 name="a b" labels="{ a: 'b' }"$/)
  assert.match(lines[1] ?? "", / error "failed\\nforged" pod=default\/web error="cannot pull: no route"$/)
})
