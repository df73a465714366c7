import assert from "node:assert/strict"
import { test } from "node:test"
import { negotiate, parseIncludeObject, wantsPretty } from "./accept.ts"

const table = "application/json;as=Table;v=v1;g=meta.k8s.io"
const lists = { transforms: ["Table", "PartialObjectMetadataList"], watch: false } as const
const watches = { transforms: ["Table", "PartialObjectMetadata"], watch: true } as const
const cases = [
  { accept: undefined, offer: lists, found: "json" },
  { accept: "*/*", offer: lists, found: "json" },
  { accept: "application/*", offer: lists, found: "json" },
  { accept: "application/yaml", offer: lists, found: "yaml" },
  { accept: "application/vnd.kubernetes.protobuf, */*", offer: lists, found: "protobuf" },
  { accept: "application/json;q=0.1, application/yaml;q=0.9", offer: lists, found: "yaml" },
  {
    accept: `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`,
    offer: lists,
    found: "json Table v1",
  },
  { accept: "application/json;as=Table;v=v2;g=meta.k8s.io,application/json", offer: lists, found: "json" },
  {
    accept: "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    offer: lists,
    found: "protobuf PartialObjectMetadataList v1",
  },
  { accept: "application/vnd.kubernetes.protobuf;stream=watch", offer: watches, found: "protobuf" },
  { accept: "application/json;stream=watch", offer: watches, found: "json" },
  { accept: "text/html, application/json;q=0.5", offer: lists, found: "json" },
]

test("picks the best form that both sides know", () => {
  for (const { accept, offer, found } of cases) {
    const { encoding, transform } = negotiate(accept, offer)
    assert.equal([encoding, transform?.kind, transform?.version].filter(Boolean).join(" "), found, String(accept))
  }
})

test("refuses what it cannot make, with what it can", () => {
  const refusal = /only the following media types are accepted: application\/json, application\/yaml, application\/vnd/
  assert.throws(() => negotiate("text/html", lists), /^StatusError: 406: Not Acceptable\n\nAvailable representations: /)
  assert.throws(() => negotiate("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io", lists), refusal)
  assert.throws(() => negotiate("application/json;q=0", lists), refusal)
  assert.throws(() => negotiate("application/yaml", watches), /application\/json;stream=watch/)
})

test("reads includeObject and pretty", () => {
  assert.equal(parseIncludeObject(new URLSearchParams()), "Metadata")
  assert.equal(parseIncludeObject(new URLSearchParams("includeObject=Object")), "Object")
  assert.throws(
    () => parseIncludeObject(new URLSearchParams("includeObject=All")),
    /unrecognized includeObject value: "All"/,
  )
  assert.equal(wantsPretty(new URLSearchParams("pretty=true"), "kubectl"), true)
  assert.equal(wantsPretty(new URLSearchParams("pretty=false"), "curl/8"), false)
  assert.equal(wantsPretty(new URLSearchParams(), "curl/8"), true)
})
