import assert from "node:assert/strict"
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import type { ContainerStatus } from "../../../api/core/v1/container-status.ts"
import type { Pod } from "../../../api/core/v1/pod.ts"
import { chooseContainer } from "./choose-container.ts"
import { displayTime, nanosOf, parseLogLine } from "./cri-log.ts"
import { parseLogOptions } from "./log-options.ts"
import { readLog } from "./read-log.ts"

const dir = mkdtempSync(join(tmpdir(), "gantry-logs-"))
after(() => rmSync(dir, { recursive: true }))
const nowMs = Date.parse("2026-11-21T10:00:10Z")
const at = (second: number) => `2026-11-21T10:00:0${second}.5+00:00`
const sample = [
  `${at(1)} stdout F one`,
  `${at(2)} stderr F two`,
  `${at(3)} stdout P thr`,
  `${at(3)} stdout F ee`,
  `${at(4)} stdout F `,
  `${at(5)} stdout F four`,
]
const written = `${sample.join("\n")}\n`

function optionsOf(query: string, ended: Promise<void> = Promise.resolve(), signal = new AbortController().signal) {
  return { ...parseLogOptions(new URLSearchParams(query), nowMs), ended, signal }
}

async function show(query: string, text = written): Promise<string> {
  const path = join(dir, "0.log")
  writeFileSync(path, text)
  const pieces: Buffer[] = []
  for await (const piece of readLog(path, optionsOf(query))) pieces.push(piece)
  return Buffer.concat(pieces).toString("utf8")
}

const readings: { query: string; text?: string; shows: string }[] = [
  { query: "", shows: "one\ntwo\nthree\n\nfour\n" },
  { query: "tailLines=2", shows: "\nfour\n" },
  { query: "tailLines=0", shows: "" },
  { query: "tailLines=100", shows: "one\ntwo\nthree\n\nfour\n" },
  { query: "tail=all", shows: "one\ntwo\nthree\n\nfour\n" },
  { query: "limitBytes=6", shows: "one\ntw" },
  { query: "stream=Stderr", shows: "two\n" },
  { query: "stream=Stdout", shows: "one\nthree\n\nfour\n" },
  { query: "sinceTime=2026-11-21T10:00:03.500000001Z", shows: "\nfour\n" },
  { query: "sinceTime=2026-11-21T11:00:03.5%2B01:00", shows: "three\n\nfour\n" },
  { query: "sinceSeconds=6", shows: "\nfour\n" },
  {
    query: "timestamps=true&tailLines=4",
    shows:
      "2026-11-21T10:00:03.500000000Z three\n2026-11-21T10:00:04.500000000Z \n2026-11-21T10:00:05.500000000Z four\n",
  },
  { query: "timestamps=1&limitBytes=34", shows: "2026-11-21T10:00:01.500000000Z one" },
  { query: "", text: `nonsense\n${written}`, shows: "one\ntwo\nthree\n\nfour\n" },
  { query: "", text: `${written}${at(6)} stdout F cut off`, shows: "one\ntwo\nthree\n\nfour\ncut off" },
  { query: "tailLines=1", text: `${written}${at(6)} stdout F cut off`, shows: "cut off" },
  { query: "", text: "", shows: "" },
  { query: "tailLines=3", text: "", shows: "" },
]
for (const { query, text, shows } of readings) {
  test(`a log read with "${query}"${text === undefined ? "" : " in a special state"}`, async () => {
    assert.equal(await show(query, text), shows)
  })
}

test("the last lines are found over many blocks", async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `${at(1)} stdout F ${index} ${"x".repeat(50)}\n`)
  const shown = await show("tailLines=4000", lines.join(""))
  assert.equal(shown.split("\n").length, 4001)
  assert(shown.startsWith("1000 "))
})

for (const [query, status] of [
  ["tailLines=-1", 422],
  ["limitBytes=0", 422],
  ["sinceSeconds=0", 422],
  ["sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z", 422],
  ["stream=Stdin", 422],
  ["stream=Stdout&tailLines=1", 422],
  ["tailLines=many", 400],
  ["sinceTime=yesterday", 400],
] as const) {
  test(`the query ${query} is refused with ${status}`, () => {
    assert.throws(() => parseLogOptions(new URLSearchParams(query), nowMs), { status })
  })
}

test("lines and times of the format", () => {
  const zone = "2026-01-02T03:04:05.1-07:00"
  assert.equal(displayTime(zone), "2026-01-02T03:04:05.100000000-07:00")
  assert.equal(displayTime("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.000000000Z")
  assert.equal(nanosOf(zone) % 1_000_000_000n, 100_000_000n)
  assert.equal(parseLogLine(Buffer.from(`${zone} stdout F:later a b\n`))?.content.toString(), "a b\n")
  for (const bad of ["", "x", `${zone} stdin F x\n`, `${zone} stdout\n`, "now stdout F x\n"]) {
    assert.equal(parseLogLine(Buffer.from(bad)), undefined, bad)
  }
})

/** Follows a log; `until` resolves with everything shown so far once that ends in `text`. */
function follow(path: string, query: string, ended: Promise<void>) {
  let shown = ""
  let look = () => undefined as void
  const abort = new AbortController()
  const done = (async () => {
    for await (const piece of readLog(path, optionsOf(query, ended, abort.signal))) {
      shown += piece.toString("utf8")
      look()
    }
    return shown
  })()
  const until = (text: string) =>
    new Promise<string>((resolve) => {
      look = () => {
        if (shown.endsWith(text)) resolve(shown)
      }
      look()
    })
  return { done, until, abort }
}

test("following goes on over rotations and ends with the container", async () => {
  const path = join(dir, "follow.log")
  writeFileSync(path, written)
  const ended = Promise.withResolvers<void>()
  const { until, done } = follow(path, "follow=true&tailLines=1", ended.promise)
  await until("four\n")
  appendFileSync(path, `${at(6)} stdout F fi`)
  appendFileSync(path, "ve\n")
  await until("five\n")
  renameSync(path, `${path}.20261121-100006`)
  appendFileSync(`${path}.20261121-100006`, `${at(7)} stdout F late in the old one\n`)
  writeFileSync(path, `${at(7)} stdout F six\n`)
  await until("six\n")
  appendFileSync(path, `${at(8)} stdout F last words\n`)
  ended.resolve()
  assert.equal(await done, "four\nfive\nlate in the old one\nsix\nlast words\n")
})

test("following ends when the reader goes, and when the limit is reached", async () => {
  const path = join(dir, "abort.log")
  writeFileSync(path, written)
  const never = new Promise<void>(() => undefined)
  const first = follow(path, "follow=true", never)
  await first.until("four\n")
  first.abort.abort()
  await first.done
  const second = follow(path, "follow=true&limitBytes=22", never)
  await second.until("four\n")
  appendFileSync(path, `${at(6)} stdout F five\n`)
  assert.equal(await second.done, "one\ntwo\nthree\n\nfour\nfi")
})

test("a log that is not there", async () => {
  const path = join(dir, "none.log")
  await assert.rejects(readLog(path, optionsOf("")).next(), {
    message: `failed to try resolving symlinks in path "${path}": lstat ${path}: no such file or directory`,
  })
})

const waiting = (reason: string) => ({ state: { waiting: { reason } } })
const terminated = (containerID?: string) => ({ terminated: { exitCode: 1, ...(containerID && { containerID }) } })
const choices: { name: string; status?: object; previous?: boolean; result: string }[] = [
  { name: "running", status: { state: { running: {} }, containerID: "g://1" }, result: "g://1" },
  { name: "ended", status: { state: terminated("g://1") }, result: "g://1" },
  { name: "ended before", status: { ...waiting("CrashLoopBackOff"), lastState: terminated("g://0") }, result: "g://0" },
  { name: "next did not start", status: { state: terminated(), lastState: terminated("g://0") }, result: "g://0" },
  { name: "ended without a trace", status: { state: terminated() }, result: 'container "c" in pod "p" is terminated' },
  {
    name: "being created",
    status: waiting("ContainerCreating"),
    result: 'container "c" in pod "p" is waiting to start: ContainerCreating',
  },
  {
    name: "image missing",
    status: waiting("ErrImagePull"),
    result: `container "c" in pod "p" is waiting to start: image can't be pulled`,
  },
  {
    name: "image still missing",
    status: waiting("ImagePullBackOff"),
    result: 'container "c" in pod "p" is waiting to start: trying and failing to pull image',
  },
  { name: "unknown", result: 'container "c" in pod "p" is not available' },
  { name: "state unknown", status: {}, result: 'container "c" in pod "p" is waiting to start - no logs yet' },
  {
    name: "no previous",
    status: { state: { running: {} }, containerID: "g://1" },
    previous: true,
    result: 'previous terminated container "c" in pod "p" not found',
  },
  {
    name: "previous",
    status: { state: { running: {} }, lastState: terminated("g://0") },
    previous: true,
    result: "g://0",
  },
]
for (const { name, status, previous = false, result } of choices) {
  test(`whose log: ${name}`, () => {
    const containerStatuses = status === undefined ? [] : [{ name: "c", ...status } as ContainerStatus]
    const pod = { metadata: { name: "p" }, status: { containerStatuses } } as unknown as Pod
    const choose = () => {
      try {
        return chooseContainer(pod, "c", previous)
      } catch (error) {
        return error instanceof Error ? error.message : error
      }
    }
    assert.equal(choose(), result)
  })
}
