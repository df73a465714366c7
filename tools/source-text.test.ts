import assert from "node:assert/strict"
import { test } from "node:test"
import { readSource } from "./source-text.ts"

const cases = [
  {
    name: "static imports of every form",
    text: 'import a from "a"\nimport type { B } from "./b.ts"\nimport "c"',
    imports: ["a", "./b.ts", "c"],
  },
  { name: "over several lines", text: 'import {\n  a,\n  b,\n} from "./d.ts"', imports: ["./d.ts"] },
  {
    name: "re-exports and dynamic imports",
    text: 'export * from "e"\nconst f = await import("./f.ts")',
    imports: ["e", "./f.ts"],
  },
  { name: "an import type", text: 'type T = import("./g.ts").T', imports: ["./g.ts"] },
  { name: "not in comments", text: '// from "x"\n/* import "y" */ /** from "z" */', imports: [] },
  { name: "not in strings", text: 'const s = \'from "x"\' + `import "y" ${z}`', imports: [] },
  { name: "inside a template's expression", text: 'const s = `a ${await import("h")} from "x"`', imports: ["h"] },
]
for (const { name, text, imports } of cases) {
  test(`imports: ${name}`, () => {
    assert.deepEqual(
      readSource(text).imports.map((found) => found.specifier),
      imports,
    )
  })
}

const codeCases = [
  { text: "a // b\nc", code: "a     \nc" },
  { text: "a /* b\nb */ c", code: "a     \n     c" },
  { text: 'f("a\\"b", c)', code: 'f("    ", c)' },
  { text: "`a${b + `c${{ d: 1 }}`}e`", code: "` ${b + ` ${{ d: 1 }}`} `" },
  { text: "x = /[/'\"]+/g; y", code: "x = /      /g; y" },
  { text: "x = a / b / c", code: "x = a / b / c" },
  { text: "return /'/.test(s)", code: "return / /.test(s)" },
]
for (const { text, code } of codeCases)
  test(`code of ${JSON.stringify(text)}`, () => assert.equal(readSource(text).code, code))

test("lines are counted from 1", () => {
  assert.deepEqual(readSource('\n\nimport "a"').imports, [{ specifier: "a", line: 3 }])
})
