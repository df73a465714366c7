import assert from "node:assert/strict"
import { test } from "node:test"
import type { PodTemplateSpec } from "../../api/core/v1/pod-template-spec.ts"
import { revisionData } from "./revisions.ts"

test("a revision is written as other controllers would write it", () => {
  const spec = { restartPolicy: "Always", containers: [{ name: "a", image: "x" }] }
  const template = { metadata: { labels: { b: "1", a: "2" } }, spec } as unknown as PodTemplateSpec
  assert.equal(
    JSON.stringify(revisionData(template)),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"image":"x","name":"a"}],"restartPolicy":"Always"}}}}',
  )
})
