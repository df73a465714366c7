import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { makeNode } from "../../platform/linux/open.ts"
import { messagePathAnnotation, messagePolicyAnnotation } from "../config/labels.ts"
import { containerOf, instance, podOf } from "../testing/pods.ts"
import { noteMessages } from "./termination-message.ts"

const folder = mkdtempSync(join(tmpdir(), "gantry-messages-"))
test.after(() => rmSync(folder, { recursive: true }))

const line = (text: string) => `2026-01-01T00:00:00.000000000Z stdout F ${text}\n`
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`)

for (const { containers = 1, exit = 1, log = "", name, policy = "File", wanted, written } of [
  { name: "the file", written: "said", log: line("log"), wanted: "said" },
  { name: "nothing without the policy", written: "", log: line("log"), wanted: "" },
  { name: "the log", written: "", log: line("log"), policy: "FallbackToLogsOnError", wanted: "log\n" },
  {
    name: "nothing after success",
    written: "",
    log: line("log"),
    policy: "FallbackToLogsOnError",
    exit: 0,
    wanted: "",
  },
  { name: "the end of a long file", written: `a${"b".repeat(4096)}`, wanted: "b".repeat(4096) },
  { name: "its share among many containers", written: "c".repeat(4096), containers: 6, wanted: "c".repeat(2048) },
  {
    name: "eighty lines of the log",
    written: "",
    log: numbered(100).map(line).join(""),
    policy: "FallbackToLogsOnError",
    wanted: `${numbered(100).slice(20).join("\n")}\n`,
  },
  {
    name: "two kibibytes of the log",
    written: "",
    log: line("d".repeat(3000)),
    policy: "FallbackToLogsOnError",
    wanted: `${"d".repeat(2047)}\n`,
  },
]) {
  test(`a termination message is ${name}`, () => {
    const [file, logPath] = [join(folder, "message"), join(folder, "log")]
    writeFileSync(file, written)
    writeFileSync(logPath, log)
    const status = {
      ...instance("c", { exit }),
      logPath,
      annotations: { [messagePathAnnotation]: "/dev/termination-log", [messagePolicyAnnotation]: policy },
      mounts: [
        { containerPath: "/dev/termination-log", hostPath: file, readonly: false, propagation: "PRIVATE" as const },
      ],
    }
    const messages = new Map<string, string>()
    const spec = { containers: Array.from({ length: containers }, (_, i) => containerOf(`c${i}`)) }
    noteMessages(messages, [status], podOf(spec).spec)
    assert.equal(messages.get(status.id), wanted)
  })
}

test("a pipe in the place of the file says nothing, and holds nobody up", () => {
  const file = join(folder, "pipe")
  makeNode(file, "fifo", 0o666)
  const status = {
    ...instance("c", { exit: 1 }),
    annotations: { [messagePathAnnotation]: "/dev/termination-log" },
    mounts: [
      { containerPath: "/dev/termination-log", hostPath: file, readonly: false, propagation: "PRIVATE" as const },
    ],
  }
  const messages = new Map<string, string>()
  noteMessages(messages, [status], podOf({ containers: [containerOf("c")] }).spec)
  assert.equal(messages.get(status.id), "")
})
