import assert from "node:assert/strict"
import { test } from "node:test"
import { benchForTests, patch, refusal } from "./testing.ts"

/** Webhooks that answer nonsense: the request is refused, and the server goes on. */

const bench = benchForTests()
const base64 = (text: string) => Buffer.from(text).toString("base64")
const patchOf = (text: string) => ({ allowed: true, patchType: "JSONPatch", patch: base64(text) })

const answers: readonly { readonly name: string; readonly answer: object; readonly message: RegExp }[] = [
  { name: "allowed is a word", answer: { allowed: "yes" }, message: /failed to call webhook: .*allowed/ },
  {
    name: "a patch that is no base64",
    answer: { ...patchOf("[]"), patch: "%%%" },
    message: /failed to call webhook: /,
  },
  {
    name: "a patch that is no JSON",
    answer: patchOf("{"),
    message: /received undecodable patch in webhook response: /,
  },
  {
    name: "a patch that is no list",
    answer: patchOf("{}"),
    message: /received undecodable patch in webhook response: /,
  },
  {
    name: "an operation that is null",
    answer: patchOf("[null]"),
    message: /received undecodable patch in webhook response: /,
  },
  { name: "an unknown operation", answer: patch({ op: "burn", path: "/data" }), message: /Unexpected kind: burn/ },
  { name: "a path that leads nowhere", answer: patch({ op: "replace", path: "/a/b/c", value: 1 }), message: /missing/ },
  { name: "data of the wrong type", answer: patch({ op: "replace", path: "/data", value: [1] }), message: /data/ },
  { name: "nothing left", answer: patch({ op: "replace", path: "", value: null }), message: /Internal error occurred/ },
  {
    name: "another namespace",
    answer: patch({ op: "replace", path: "/metadata/namespace", value: "default" }),
    message: /the namespace of the provided object does not match the namespace sent on the request/,
  },
]
for (const { name, answer, message } of answers) {
  test(`an answer that cannot be used: ${name}`, async () => {
    bench.answers.set("odd", () => answer)
    await bench.mutating("c", bench.webhook("odd"))
    assert.match((await refusal(bench.create())).message, message)
  })
}

test("member names of JavaScript are ordinary names", async () => {
  bench.answers.set("odd", () => ({
    ...patchOf(
      '[{"op":"add","path":"/data/__proto__","value":"x"},{"op":"add","path":"/data/constructor","value":"y"}]',
    ),
    auditAnnotations: JSON.parse('{"__proto__":"z"}') as object,
  }))
  await bench.mutating("c", bench.webhook("odd"))
  const { data } = await bench.create()
  assert.deepEqual(Object.entries(data ?? {}).toSorted(), [
    ["__proto__", "x"],
    ["a", "1"],
    ["constructor", "y"],
  ])
  assert.equal(({} as { x?: string }).x, undefined)
})
