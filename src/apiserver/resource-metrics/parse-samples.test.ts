import assert from "node:assert/strict"
import { test } from "node:test"
import { formatMetrics } from "../../kubelet/server/metrics/exposition.ts"
import { parseSamples } from "./parse-samples.ts"

const read = (text: string) =>
  parseSamples(text, new Set(["a", "a_total"])).map(({ name, labels, value, timestampMs }) => [
    name,
    Object.fromEntries(labels),
    value,
    timestampMs,
  ])

test("reads values, labels and times", () => {
  const text = [
    "# HELP a What it is",
    "# TYPE a gauge",
    "a 1",
    "a{} 2 3",
    'a{x="1",y="} 7"} 1.5e3 1700000000123',
    '  a{x="indented"} 1',
    'a { x = "spaced" , } 4',
    'a{x="\\"\\\\n\\n"} -0.25\r',
    "a_total +Inf",
    "another{broken",
    "",
  ].join("\n")
  assert.deepEqual(read(text), [
    ["a", {}, 1, undefined],
    ["a", {}, 2, 3],
    ["a", { x: "1", y: "} 7" }, 1500, 1_700_000_000_123],
    ["a", { x: "indented" }, 1, undefined],
    ["a", { x: "spaced" }, 4, undefined],
    ["a", { x: '"\\n\n' }, -0.25, undefined],
    ["a_total", {}, Infinity, undefined],
  ])
})

test("label names of JavaScript's own are ordinary", () => {
  const [sample] = parseSamples('a{__proto__="x",constructor="y"} 1', new Set(["a"]))
  assert.deepEqual(
    [...(sample?.labels ?? [])],
    [
      ["__proto__", "x"],
      ["constructor", "y"],
    ],
  )
})

for (const broken of [
  "a",
  "a x",
  "a 1 2 3",
  'a{x="1} 1',
  'a{x="1"',
  'a{x="1" y="2"} 1',
  "a{x=1} 1",
  "a 0x10",
  "a 1 1.5",
]) {
  test(`refuses ${broken}`, () => assert.throws(() => read(broken), /cannot read/))
}

test("reads what kubelets write", () => {
  const labels = { container: 'a"b', pod: "back\\slash", namespace: "new\nline" }
  const metric = {
    name: "a",
    help: "x",
    type: "gauge",
    samples: [{ labels, value: 0.1 + 0.2, timestampMs: 5 }],
  } as const
  assert.deepEqual(read(formatMetrics([metric])), [["a", labels, 0.1 + 0.2, 5]])
})
