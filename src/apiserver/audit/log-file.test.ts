import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { openLogFile } from "./log-file.ts"

const dir = mkdtempSync(join(tmpdir(), `gantry-audit-log-${process.pid}-`))
after(() => rmSync(dir, { recursive: true, force: true }))

const lost = (plugin: string, error: unknown) => assert.fail(`${plugin}: ${String(error)}`)
const settings = { sizeMax: 1, backupsMax: 2, ageMaxDays: 10 }
const item = (id: string, length = 10) => JSON.stringify({ auditID: id, filler: "x".repeat(length) })
const MIB = 2 ** 20
const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

test("events are lines of a file that only its owner reads", async () => {
  const path = join(dir, "lines", "audit.log")
  const log = openLogFile({ ...settings, path }, { nowMs: () => START_MS }, lost)
  log.write(item("a"))
  log.write(item("b"))
  await log.close()
  const again = openLogFile({ ...settings, path }, { nowMs: () => START_MS }, lost)
  again.write(item("c"))
  await again.close()
  const lines = readFileSync(path, "utf8").trimEnd().split("\n")
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).auditID),
    ["a", "b", "c"],
  )
  assert.match(lines[0] ?? "", /^\{"kind":"Event","apiVersion":"audit\.k8s\.io\/v1",/)
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test("a full file is put aside under its time, and the oldest ones go", async () => {
  const path = join(dir, "full", "audit.log")
  let nowMs = START_MS
  const log = openLogFile({ ...settings, path }, { nowMs: () => nowMs }, lost)
  for (const id of ["a", "b", "c", "d"]) {
    log.write(item(id, MIB - 100))
    nowMs += 1000
  }
  await log.close()
  assert.deepEqual(readdirSync(join(dir, "full")).toSorted(), [
    "audit-2026-01-02T03-04-07.678.log",
    "audit-2026-01-02T03-04-08.678.log",
    "audit.log",
  ])
  assert.equal(JSON.parse(readFileSync(path, "utf8")).auditID, "d")
})

test("an event larger than a file is kept whole", async () => {
  const path = join(dir, "large", "audit.log")
  const log = openLogFile({ ...settings, path }, { nowMs: () => START_MS }, lost)
  log.write(item("a", 2 * MIB))
  await log.close()
  assert.equal(JSON.parse(readFileSync(path, "utf8")).filler.length, 2 * MIB)
})

test("old files go by age, other files stay", async () => {
  const folder = join(dir, "old")
  const path = join(folder, "audit.log")
  await openLogFile({ ...settings, path }, { nowMs: () => START_MS }, lost).close()
  for (const file of ["audit-2025-12-01T00-00-00.000.log", "audit-2026-01-01T00-00-00.000.log", "audit-notes.log"]) {
    writeFileSync(join(folder, file), "")
  }
  await openLogFile({ ...settings, path }, { nowMs: () => START_MS }, lost).close()
  assert.deepEqual(readdirSync(folder).toSorted(), [
    "audit-2026-01-01T00-00-00.000.log",
    "audit-notes.log",
    "audit.log",
  ])
})

test("without limits nothing is put aside", async () => {
  const path = join(dir, "unlimited", "audit.log")
  const log = openLogFile({ path, sizeMax: 0, backupsMax: 0, ageMaxDays: 0 }, { nowMs: () => START_MS }, lost)
  log.write(item("a", MIB))
  log.write(item("b", MIB))
  await log.close()
  assert.deepEqual(readdirSync(join(dir, "unlimited")), ["audit.log"])
})
