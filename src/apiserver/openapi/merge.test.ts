import assert from "node:assert/strict"
import { test } from "node:test"
import { mergeSwagger, ownPart } from "./merge.ts"

const ref = (name: string) => ({ $ref: `#/definitions/${name}` })
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test("of a document only the own paths are taken, with what they need", () => {
  const document = JSON.parse(`{
    "paths": {
      "/apis/g/v1/foos": {"schema": {"$ref": "#/definitions/foo"}},
      "/apis/g/v2/bars": {"schema": {"$ref": "#/definitions/bar"}},
      "/version/": {}
    },
    "definitions": {
      "foo": {"properties": {"a": {"$ref": "#/definitions/part"}}},
      "part": {"properties": {"again": {"$ref": "#/definitions/foo"}}},
      "bar": {"properties": {"a": {"$ref": "#/definitions/part"}}},
      "unused": {},
      "__proto__": {"type": "object"}
    },
    "parameters": {"p": {"in": "query"}}
  }`) as unknown
  const part = ownPart(document, "/apis/g/v1/")
  assert.deepEqual(Object.keys(part.paths), ["/apis/g/v1/foos"])
  assert.deepEqual(Object.keys(part.definitions), ["foo", "part", "unused", "__proto__"])
  assert.deepEqual(Object.keys(part.parameters), ["p"])
})

test("the same definition is kept once, with the kinds of both; another of its name is renamed, also where it is used", () => {
  const kind = (group: string) => ({ "x-kubernetes-group-version-kind": [{ group, version: "v1", kind: "Options" }] })
  const own = {
    swagger: "2.0",
    paths: { "/a": { from: "own" } },
    definitions: { options: { type: "object", ...kind("a") }, meta: { type: "object" } },
  }
  const part = (group: string, meta: string) => ({
    paths: { "/a": { from: group }, [`/apis/${group}`]: { one: ref("meta"), two: [ref("options")] } },
    definitions: { options: { type: "object", ...kind(group) }, meta: { type: meta }, list: { items: ref("meta") } },
    parameters: {},
  })
  const merged = mergeSwagger(own, [part("b", "string"), part("c", "string")])
  assert.deepEqual(plain(merged), {
    swagger: "2.0",
    paths: {
      "/a": { from: "own" },
      "/apis/b": { one: ref("meta_v2"), two: [ref("options")] },
      "/apis/c": { one: ref("meta_v2"), two: [ref("options")] },
    },
    definitions: {
      options: {
        type: "object",
        "x-kubernetes-group-version-kind": ["a", "b", "c"].map((group) => ({ group, version: "v1", kind: "Options" })),
      },
      meta: { type: "object" },
      meta_v2: { type: "string" },
      list: { items: ref("meta_v2") },
      // As in Kubernetes: what is compared is not renamed yet.
      list_v2: { items: ref("meta_v2") },
    },
  })
})
