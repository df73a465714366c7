import assert from "node:assert/strict"
import { test } from "node:test"
import { selectLabels } from "../../machinery/selectors/label-selector.ts"
import { pod, replicaSet } from "../testing.ts"
import { claim, controllerReference } from "./claim.ts"

const owner = replicaSet("set", "v1", 1, 1)
const web = { app: "web" }
const owned = { ownerReferences: [controllerReference(owner)] }
const candidates = [
  pod("mine", { metadata: { labels: web, ...owned } }),
  pod("strayed", { metadata: { labels: { app: "other" }, ...owned } }),
  pod("orphan", { metadata: { labels: web } }),
  pod("dying-orphan", { metadata: { labels: web, deletionTimestamp: "2026-01-01T00:00:00Z" } }),
  pod("foreign", { metadata: { labels: web, ownerReferences: [{ ...controllerReference(owner), uid: "other" }] } }),
]
const names = (objects: readonly { readonly metadata: { readonly name: string } }[]) =>
  objects.map(({ metadata }) => metadata.name)

test("a controller keeps, adopts and releases by selector and reference", () => {
  const { owned: kept, adopt, release } = claim(owner, selectLabels(web), candidates)
  assert.deepEqual([names(kept), names(adopt), names(release)], [["mine"], ["orphan"], ["strayed"]])
})

test("a controller that is being deleted neither adopts nor releases", () => {
  const going = replicaSet("set", "v1", 1, 1, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })
  const { owned: kept, adopt, release } = claim(going, selectLabels(web), candidates)
  assert.deepEqual([names(kept), names(adopt), names(release)], [["mine"], [], []])
})
