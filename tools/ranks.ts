import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { lineOf, readSource, type SourceText } from "./source-text.ts"

/**
 * The dependency rules of the design, checked over the text of every source file:
 * - a file imports lower ranks, its own component, or another component's port file;
 * - only `cmd`, `testing` and tests import implementations;
 * - no two components import each other, directly or through others;
 * - time, randomness and processes come from `platform` only.
 * Type-only imports count: they are dependencies for whoever reads.
 */

/** Lowest first. Components of one rank know each other only by their port files. */
export const ranks: readonly (readonly string[])[] = [
  ["platform"],
  ["machinery"],
  ["api"],
  ["store", "client", "pki"],
  ["apiserver", "controllers", "scheduler", "kubelet", "runtime", "images", "network", "storage", "cli", "web"],
  ["cmd"],
]

/** Folders that hold one of several ways to do what a port promises. */
const implementations = [
  "platform/node",
  "platform/sim",
  "store/memory",
  "store/sqlite",
  "store/etcd",
  "runtime/oci",
  "runtime/containerd",
  "runtime/fake",
]

/** Code outside `platform` that may not be written, and what to use instead. `always`: in tests too. */
const forbidden: readonly { readonly pattern: RegExp; readonly use: string; readonly always?: true }[] = [
  { pattern: /\bDate\.now\b|\bnew Date(?:\(\s*\)|(?!\s*\())|(?<!new )\bDate\(/g, use: "platform.clock.nowMs()" },
  { pattern: /\bperformance\.now\b|\bprocess\.hrtime\b/g, use: "platform.clock.monotonicMs()" },
  { pattern: /(?<![.\w])set(?:Timeout|Interval)\s*\(/g, use: "platform.clock.after() or sleep()", always: true },
  { pattern: /\bAbortSignal\.timeout\b/g, use: "platform.clock.after()", always: true },
  { pattern: /\bMath\.random\b/g, use: "platform.random" },
  { pattern: /\brandom(?:UUID|Bytes|Int|FillSync)\s*\(|\bgetRandomValues\b/g, use: "platform.random" },
]

const forbiddenModules: ReadonlyMap<string, string> = new Map([
  ["node:child_process", "platform.processes"],
  ["child_process", "platform.processes"],
  ["node:timers", "platform.clock"],
  ["node:timers/promises", "platform.clock"],
])

export interface SourceFile {
  /** From the repository's root, with forward slashes: `src/store/store.ts`. */
  readonly path: string
  readonly text: string
}

export function readSources(root: string): SourceFile[] {
  const paths = globSync(["src/**/*.ts", "testing/**/*.ts"], { cwd: root }).sort()
  return paths.map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }))
}

/** Everything that breaks a rule, one line each: `file:line: what, and what to do`. */
export function checkRanks(files: readonly SourceFile[]): string[] {
  const problems: string[] = []
  const edges = new Map<string, Map<string, string>>()
  for (const file of files) {
    const source = readSource(file.text)
    const component = componentOf(file.path)
    if (component === undefined) {
      problems.push(
        `${file.path}: found no rank for this folder, expected one of ${ranks.flat().join(", ")}: add it in tools/ranks.ts`,
      )
      continue
    }
    for (const { specifier, line } of source.imports) {
      if (!specifier.startsWith(".")) continue
      const target = normalize(join(dirname(file.path), specifier))
      const problem = checkImport(file.path, target)
      if (problem !== undefined) problems.push(`${file.path}:${line}: ${problem}`)
      const to = componentOf(target)
      if (to === undefined || to === component || isTest(file.path)) continue
      const outgoing = edges.getOrInsertComputed(component, () => new Map())
      if (!outgoing.has(to)) outgoing.set(to, `${file.path}:${line}`)
    }
    if (component !== "platform") problems.push(...checkPurity(file, source))
  }
  return [...problems, ...findCycles(edges)]
}

function checkImport(from: string, to: string): string | undefined {
  const [own, other] = [componentOf(from), componentOf(to)]
  if (own === undefined || own === other) return undefined
  if (other === undefined) return `imports ${to}, which is in no component: move what is shared into src`
  if (own === "testing") return undefined
  const [rank, otherRank] = [rankOf(own), rankOf(other)]
  if (otherRank > rank) return `imports ${to} of a higher rank (${other} is above ${own})`
  if (isTest(from) || own === "cmd") return undefined
  if (otherRank === rank && !isPort(to))
    return `imports ${to}, which is no port file: import src/${other}/${other}.ts, or wire it in src/cmd`
  if (implementations.some((folder) => to.startsWith(`src/${folder}/`))) {
    return `imports the implementation ${to}: take its port as an argument and wire it in src/cmd`
  }
  return undefined
}

function checkPurity(file: SourceFile, source: SourceText): string[] {
  const problems: string[] = []
  for (const { pattern, use, always } of forbidden) {
    if (isTest(file.path) && !always) continue
    for (const match of source.code.matchAll(pattern)) {
      const what = match[0].replace(/\s*\($/, "")
      problems.push(`${file.path}:${lineOf(source.code, match.index)}: ${what} outside src/platform: use ${use}`)
    }
  }
  if (isTest(file.path)) return problems
  for (const { specifier, line } of source.imports) {
    const use = forbiddenModules.get(specifier)
    if (use !== undefined) problems.push(`${file.path}:${line}: imports ${specifier} outside src/platform: use ${use}`)
  }
  return problems
}

function findCycles(edges: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] {
  const problems = new Map<string, string>()
  const visit = (path: readonly string[]) => {
    for (const [next] of edges.get(path.at(-1) ?? "") ?? []) {
      const start = path.indexOf(next)
      if (start === -1) visit([...path, next])
      else {
        const found = path.slice(start)
        // The same cycle is found from each of its members; it is told from the first of them by name.
        const first = found.indexOf(found.toSorted()[0] ?? "")
        const cycle = [...found.slice(first), ...found.slice(0, first)]
        const where = cycle.map((from, i) => edges.get(from)?.get(cycle[(i + 1) % cycle.length] ?? ""))
        const arrows = [...cycle, cycle[0]].join(" → ")
        problems.set(arrows, `components import each other: ${arrows} (${where.join(", ")})`)
      }
    }
  }
  for (const component of edges.keys()) visit([component])
  return [...problems.values()]
}

/** The folder below src, or `testing`; undefined for what has no rank. */
function componentOf(path: string): string | undefined {
  if (path.startsWith("testing/")) return "testing"
  const folder = /^src\/([^/]+)\//.exec(path)?.[1]
  return folder !== undefined && rankOf(folder) !== -1 ? folder : undefined
}

function rankOf(component: string): number {
  return ranks.findIndex((components) => components.includes(component))
}

/** Test files, and what only they import: shared suites and fixtures. */
function isTest(path: string): boolean {
  return /\.test\.ts$|(^|\/)(conformance|fixtures|testing|test)(\/|\.ts$)/.test(path)
}

/** A port is a file directly in its component's folder: `runtime/runtime.ts`, `runtime/sandbox.ts`. */
function isPort(path: string): boolean {
  return /^src\/[^/]+\/[^/]+\.ts$/.test(path)
}
