import assert from "node:assert/strict"
import { test } from "node:test"
import { parse } from "yaml"
import { answerZPage, flagsPage, statusPage } from "./z-pages.ts"

const startMs = Date.UTC(2026, 10, 2, 3, 4, 5)
const page = statusPage("kubelet", "v1.36.0", { startMs, nowMs: startMs + 3_725_000, paths: ["/healthz", "/metrics"] })
const textOf = (accept: string | undefined) => Buffer.from(answerZPage(page, accept).body).toString()
const asked = (version: string) => `as=Statusz;g=config.k8s.io;v=${version}`

for (const accept of [undefined, "", "text/plain", "*/*", "application/json, */*"]) {
  test(`a status as text: ${accept}`, () => {
    assert.equal(
      textOf(accept),
      `
kubelet statusz
Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.

Started: Mon Nov  2 03:04:05 UTC 2026
Up: 1 hr 02 min 05 sec
Binary version: 1.36.0
Emulation version: 1.36
Paths: /healthz /metrics
`,
    )
  })
}

test("a status as an object", () => {
  const status = {
    kind: "Statusz",
    apiVersion: "config.k8s.io/v1beta1",
    metadata: { name: "kubelet" },
    startTime: "2026-11-02T03:04:05Z",
    uptimeSeconds: 3725,
    goVersion: "",
    binaryVersion: "1.36.0",
    emulationVersion: "1.36",
    paths: ["/healthz", "/metrics"],
  }
  assert.deepEqual(JSON.parse(textOf(`application/json;${asked("v1beta1")}`)), status)
  const { body, headers } = answerZPage(page, `application/yaml;${asked("v1alpha1")}`)
  assert.deepEqual(parse(Buffer.from(body).toString()), { ...status, apiVersion: "config.k8s.io/v1alpha1" })
  assert.deepEqual(headers, {
    "content-type": "application/yaml",
    warning: '299 - "This version of the statusz endpoint is deprecated. Please use a newer version."',
  })
})

for (const accept of [
  "application/json",
  `application/json;${asked("v1")}`,
  `text/plain;${asked("v1beta1")}`,
  "image/png",
]) {
  test(`a status in another form is not there: ${accept}`, () => {
    const message = "only the following media types are accepted: application/json, application/yaml, text/plain"
    assert.throws(() => answerZPage(page, accept), { code: 406, message })
  })
}

test("flags are told by name", () => {
  const flags = flagsPage(
    "kubelet",
    new Map([
      ["node", "vm"],
      ["__proto__", "x"],
      ["name", "a"],
    ]),
  )
  assert.equal(flags.lines, "__proto__: x\nname: a\nnode: vm\n")
  const accept = "application/json;as=Flagz;g=config.k8s.io;v=v1beta1"
  const { flags: told } = JSON.parse(Buffer.from(answerZPage(flags, accept).body).toString())
  assert.deepEqual(Object.entries(told), [
    ["__proto__", "x"],
    ["name", "a"],
    ["node", "vm"],
  ])
})
