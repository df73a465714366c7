/** Runs every check that needs no cluster and prints one line for each. Exits with 1 when one fails. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { checkRanks, readSources } from "./ranks.ts"

const root = join(import.meta.dirname, "..")
// Above this a file is usually two things.
const FILE_LINES_MAX = 300

interface Outcome {
  readonly ok: boolean
  /** The rest of the check's line. */
  readonly summary: string
  readonly details?: readonly string[]
}

const checks: readonly { readonly name: string; readonly run: () => Promise<Outcome> }[] = [
  { name: "ranks", run: ranks },
  { name: "file sizes", run: fileSizes },
  { name: "types", run: () => program("tsc", "--noEmit") },
  { name: "lint", run: () => program("oxlint", "--deny-warnings") },
  { name: "format", run: () => program("biome", "check", "--colors=off", ".") },
]

async function ranks(): Promise<Outcome> {
  const sources = readSources(root)
  const details = checkRanks(sources)
  return { ok: details.length === 0, summary: `${sources.length} files, ${details.length} problems`, details }
}

/** A report, not a rule: it never fails. */
async function fileSizes(): Promise<Outcome> {
  const sizes = readSources(root).map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
  const ascending = sizes.map(({ lines }) => lines).sort((a, b) => a - b)
  const long = sizes.filter(({ lines }) => lines > FILE_LINES_MAX).sort((a, b) => b.lines - a.lines)
  return {
    ok: true,
    summary: `median ${ascending[ascending.length >> 1] ?? 0} lines, ${long.length} above ${FILE_LINES_MAX}`,
    details: long.slice(0, 10).map(({ path, lines }) => `${lines} ${path}`),
  }
}

async function program(name: string, ...args: readonly string[]): Promise<Outcome> {
  const child = spawn(join(root, "node_modules/.bin", name), args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
  const exited = new Promise<number | null>((resolve, reject) => child.once("exit", resolve).once("error", reject))
  const [out, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  const ok = code === 0
  return { ok, summary: `${name} ${args.join(" ")}`, details: ok ? [] : `${out}${errors}`.trim().split("\n") }
}

let failed = 0
// One after the other: each of the programs uses all processors by itself.
for (const { name, run } of checks) {
  const startMs = performance.now()
  const { ok, summary, details = [] } = await run()
  if (!ok) failed++
  console.log(
    `${ok ? "ok  " : "FAIL"} ${name.padEnd(10)} ${summary} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`,
  )
  for (const line of details) console.log(`       ${line}`)
}
process.exitCode = failed === 0 ? 0 : 1
