import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { checkRanks, readSources } from "./ranks.ts"

const cases: { name: string; files: Record<string, string>; problems: RegExp[] }[] = [
  {
    name: "lower ranks, the own component and port files may be imported",
    files: {
      "src/kubelet/a/b.ts":
        'import "../../api/x.ts"\nimport type { R } from "../../runtime/runtime.ts"\nimport "../c.ts"\nimport "node:fs"',
    },
    problems: [],
  },
  {
    name: "a higher rank may not",
    files: { "src/api/x.ts": '\nimport type { S } from "../store/store.ts"' },
    problems: [/^src\/api\/x\.ts:2: .*higher rank/],
  },
  {
    name: "nor the inside of a component of the same rank",
    files: { "src/kubelet/x.ts": 'import "../runtime/stream/x.ts"' },
    problems: [/no port file/],
  },
  {
    name: "nor an implementation",
    files: { "src/apiserver/x.ts": 'import "../store/memory/m.ts"' },
    problems: [/implementation/],
  },
  {
    name: "cmd, testing and tests may import implementations",
    files: {
      "src/cmd/up.ts": 'import "../store/sqlite/s.ts"\nimport "../runtime/oci/r.ts"',
      "src/apiserver/x.test.ts": 'import "../store/memory/m.ts"',
      "testing/index.ts": 'import "../src/store/memory/m.ts"',
    },
    problems: [],
  },
  {
    name: "nobody imports tools",
    files: { "src/cmd/up.ts": 'import "../../tools/x.ts"' },
    problems: [/in no component/],
  },
  { name: "a folder without a rank", files: { "src/extra/x.ts": "" }, problems: [/found no rank/] },
  {
    name: "components that import each other's ports",
    files: {
      "src/kubelet/x.ts": 'import "../runtime/runtime.ts"',
      "src/runtime/y.ts": 'import type { K } from "../kubelet/kubelet.ts"',
    },
    problems: [/kubelet → runtime → kubelet \(src\/kubelet\/x\.ts:1, src\/runtime\/y\.ts:1\)/],
  },
  {
    name: "time, randomness and processes come from platform",
    files: {
      "src/api/x.ts":
        'const a = Date.now()\nnew Date()\nMath.random()\nsetTimeout(f, 1)\nimport { spawn } from "node:child_process"\nrandomUUID()',
    },
    problems: [
      /:1: Date\.now/,
      /:2: new Date/,
      /:4: setTimeout/,
      /:3: Math\.random/,
      /:6: randomUUID/,
      /:5: imports node:child_process/,
    ],
  },
  {
    name: "formatting a given time, comments, strings and methods are no such thing",
    files: {
      "src/api/x.ts":
        'new Date(ms).toISOString() // Date.now()\nconst s = "Math.random()"\nserver.setTimeout(5)\nconst d: Date = x',
    },
    problems: [],
  },
  { name: "platform itself may", files: { "src/platform/node/x.ts": "Date.now()" }, problems: [] },
  {
    name: "tests may start programs, but not timers",
    files: { "src/api/x.test.ts": 'import "node:child_process"\nsetTimeout(f, 1)' },
    problems: [/:2: setTimeout/],
  },
]

for (const { name, files, problems } of cases) {
  test(`ranks: ${name}`, () => {
    const found = checkRanks(Object.entries(files).map(([path, text]) => ({ path, text })))
    assert.equal(found.length, problems.length, found.join("\n"))
    for (const [i, problem] of problems.entries()) assert.match(found[i] ?? "", problem)
  })
}

test("this repository keeps its dependency rules", () => {
  assert.deepEqual(checkRanks(readSources(join(import.meta.dirname, ".."))), [])
})
