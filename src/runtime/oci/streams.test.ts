import assert from "node:assert/strict"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, renameSync } from "node:fs"
import type { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { after, before, test } from "node:test"
import { conformancePrograms, type Fixture } from "../conformance/fixture.ts"
import type { ContainerRuntime } from "../runtime.ts"
import { handlerNames } from "./handlers.ts"
import { createTestMachine, readLog } from "./testing/machine.ts"

const machine = createTestMachine()
let runtime: ContainerRuntime
let fixture: Fixture
before(async () => {
  runtime = await machine.open()
  fixture = machine.fixture(runtime)
})
after(() => machine.remove())

const { copiesInput, runs } = conformancePrograms
const all = { tty: false, stdin: true, stdout: true, stderr: true } as const
const terminal = { tty: true, stdin: true, stdout: true, stderr: false } as const

/** Returns a function that reads on until the text holds `part`, and returns it up to there. */
function reading(stream: Readable | null): (part: string) => Promise<string> {
  assert(stream !== null)
  let seen = ""
  let wake = () => undefined as void
  stream.on("data", (chunk: Buffer) => {
    seen += String(chunk)
    wake()
  })
  return async (part) => {
    while (!seen.includes(part)) {
      const more = Promise.withResolvers<void>()
      wake = more.resolve
      await more.promise
    }
    const end = seen.indexOf(part) + part.length
    const found = seen.slice(0, end)
    seen = seen.slice(end)
    return found
  }
}

test("the log has the CRI format, with both streams and unfinished lines", async () => {
  const { id } = await fixture.started(["sh", "-c", "echo out; echo err >&2; printf unfinished"])
  const { logPath } = await fixture.ended(id)
  const lines = readFileSync(logPath, "utf8").trim().split("\n")
  for (const line of lines)
    assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}[+-]\d\d:\d\d (stdout|stderr) [FP] /)
  const entries = readLog(logPath)
  const of = (stream: string) => entries.flatMap((entry) => (entry.stream === stream ? [entry.text] : [])).join("")
  assert.deepEqual([of("stdout").trimEnd(), of("stderr")], ["out\nunfinished", "err\n"])
})

test("a renamed log is continued in a new file, without loss", async () => {
  const { id } = await fixture.started(["sh", "-c", "n=0; while read x; do n=$((n+1)); echo line $n; done"], {
    stdin: true,
  })
  const { stdin, stdout } = await runtime.attach(id, all)
  assert(stdin !== null)
  const until = reading(stdout)
  stdin.write("\n")
  await until("line 1\n")
  const { logPath } = await runtime.containerStatus(id)
  renameSync(logPath, `${logPath}.1`)
  await runtime.reopenContainerLog(id)
  assert(existsSync(logPath))
  stdin.write("\n")
  await until("line 2\n")
  assert.deepEqual(
    [`${logPath}.1`, logPath].map((path) => readLog(path).map((entry) => entry.text)),
    [["line 1\n"], ["line 2\n"]],
  )
})

const BYTES = 5_000_000

test("much output and input pass through exec unharmed", async () => {
  const { id } = await fixture.started(runs)
  const { stdin, stdout, exited } = await runtime.exec(id, { ...all, cmd: ["md5sum"] })
  const { stdout: zeros, exited: zerosExited } = await runtime.exec(id, {
    ...all,
    stdin: false,
    cmd: ["head", "-c", String(BYTES), "/dev/zero"],
  })
  assert(stdin !== null && stdout !== null && zeros !== null)
  zeros.pipe(stdin)
  const sum = createHash("md5").update(Buffer.alloc(BYTES)).digest("hex")
  assert.equal(await text(stdout), `${sum}  -\n`)
  assert.deepEqual(await Promise.all([exited, zerosExited]), [0, 0])
})

test("exec in a terminal: size, changes of size, and the exit code", async () => {
  const { id } = await fixture.started(runs)
  const cmd = [
    "sh",
    "-c",
    "tty; until stty size | grep '30 100'; do :; done; trap 'stty size; exit 9' WINCH; echo ready; while :; do sleep 0.01; done",
  ]
  const stream = await runtime.exec(id, { ...terminal, cmd })
  const until = reading(stream.stdout)
  stream.resize(100, 30)
  assert.match(await until("30 100\r\n"), /^\/dev\/pts\/\d+\r\n/)
  await until("ready")
  stream.resize(120, 40)
  await until("40 120\r\n")
  assert.equal(await stream.exited, 9)
})

test("exec in a terminal: no output of a short command is lost, with either OCI runtime", async () => {
  const commands = Array.from({ length: 60 }, (_, i) => ["sh", "-c", `echo hello ${i}; exit ${i}`])
  for (const handler of handlerNames) {
    const sandbox = await runtime.runPodSandbox(fixture.pod(), handler)
    const id = await runtime.createContainer(sandbox, fixture.container(runs))
    await runtime.startContainer(id)
    const results: [string, number][] = []
    for (const cmd of commands) {
      const { stdout, exited } = await runtime.exec(id, { ...terminal, cmd })
      assert(stdout !== null)
      const [output, code] = await Promise.all([text(stdout), exited])
      // runc makes two terminals in a row, and at times both add a return.
      results.push([output.replaceAll("\r", ""), code])
    }
    assert.deepEqual(
      results,
      commands.map((_, i) => [`hello ${i}\n`, i]),
    )
  }
})

test("exec in a terminal: much output is whole, and ends although a child holds the terminal", async () => {
  const { id } = await fixture.started(runs)
  const cmd = ["sh", "-c", "trap '' HUP; sleep 1000 & seq 100000; exit 3"]
  const { stdout, exited } = await runtime.exec(id, { ...terminal, cmd })
  assert(stdout !== null)
  const lines = (await text(stdout)).split("\r\n")
  assert.deepEqual([lines.length, lines.at(-2), await exited], [100_001, "100000", 3])
})

test("exec in a terminal: what is typed arrives, and Ctrl-C interrupts", async () => {
  const { id } = await fixture.started(runs)
  const { stdin, stdout, exited } = await runtime.exec(id, { ...terminal, cmd: ["cat"] })
  assert(stdin !== null)
  const until = reading(stdout)
  stdin.write("typed\n")
  // The terminal's echo, then what cat has read.
  await until("typed\r\ntyped\r\n")
  stdin.write("\u0003")
  await until("^C")
  assert.equal(await exited, 130)
})

test("closing an exec in a terminal ends its command", async () => {
  const { id } = await fixture.started(runs)
  const { stdout, exited, kill } = await runtime.exec(id, { ...terminal, cmd: ["sh", "-c", "echo begun; sleep 1000"] })
  await reading(stdout)("begun")
  kill()
  assert.equal(await exited, 137)
})

test("a container with a terminal can be attached to and resized", async () => {
  const { id } = await fixture.started(["sh"], { tty: true, stdin: true })
  const { stdin, stdout, stderr, resize } = await runtime.attach(id, terminal)
  assert(stdin !== null && stderr === null)
  resize(101, 33)
  stdin.write("until stty size | grep '33 101'; do :; done; test -t 0 && exit 4\n")
  await reading(stdout)("\n33 101")
  assert.equal((await fixture.ended(id)).exitCode, 4)
})

test("stdinOnce ends the container's input with the first client", async () => {
  const { id } = await fixture.started(["sh", "-c", "cat; exit 6"], { stdin: true, stdinOnce: true })
  const { stdin, stdout } = await runtime.attach(id, all)
  assert(stdin !== null && stdout !== null)
  stdin.end("all of it")
  assert.equal(await text(stdout), "all of it")
  assert.equal((await fixture.ended(id)).exitCode, 6)
})

test("without stdinOnce the input stays open for the next client", async () => {
  const { id } = await fixture.started(copiesInput, { stdin: true })
  const first = await runtime.attach(id, all)
  first.stdin?.end("one")
  assert.equal(await reading(first.stdout)("one"), "one")
  const next = await runtime.attach(id, all)
  next.stdin?.write("two")
  assert.equal(await reading(next.stdout)("two"), "two")
  next.kill()
  first.kill()
})

test("attached streams end with the container", async () => {
  const { id } = await fixture.started(["sh", "-c", "read line; echo got $line; echo bad >&2"], { stdin: true })
  const { stdin, stdout, stderr } = await runtime.attach(id, all)
  assert(stdin !== null && stdout !== null && stderr !== null)
  stdin.write("input\n")
  assert.deepEqual(await Promise.all([text(stdout), text(stderr)]), ["got input\n", "bad\n"])
})
