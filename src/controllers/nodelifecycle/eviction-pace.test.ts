import assert from "node:assert/strict"
import { test } from "node:test"
import { node } from "../testing.ts"
import { EvictionPace } from "./eviction-pace.ts"
import { EVICTION_DEFAULTS } from "./zones.ts"

const UNREACHABLE = { key: "node.kubernetes.io/unreachable", effect: "NoExecute" }

/** `count` nodes of a zone, of which the first `lost` are silent. */
function zone(name: string, count: number, lost: number, tainted = 0) {
  return Array.from({ length: count }, (_, index) =>
    node(`${name}${index}`, {
      metadata: { labels: { "topology.kubernetes.io/zone": name } },
      spec: { taints: index < tainted ? [UNREACHABLE] : [] },
      status: { conditions: [{ type: "Ready", status: index < lost ? "Unknown" : "True" }] },
    }),
  )
}

/** How many nodes of a zone may drive their pods away after each of the times, in seconds. */
function course(steps: readonly (readonly [atS: number, nodes: ReturnType<typeof zone>])[]) {
  const pace = new EvictionPace(EVICTION_DEFAULTS)
  return steps.map(([atS, nodes]) => {
    const { againAfterMs, hasReturned } = pace.review(nodes, atS * 1000)
    const allowed = nodes.filter(({ metadata }) => pace.mayEvict(metadata.name)).length
    return [allowed, againAfterMs, ...(hasReturned ? ["returned"] : [])]
  })
}

test("one node of a zone every ten seconds", () => {
  const nodes = zone("a", 10, 3)
  const steps = [0, 9, 10, 20, 90].map((atS) => [atS, nodes] as const)
  assert.deepEqual(course(steps), [
    [1, 10_000],
    [1, 1_000],
    [2, 10_000],
    [3, undefined],
    [3, undefined],
  ])
})

test("zones wait for themselves only", () => {
  assert.deepEqual(course([[0, [...zone("a", 4, 1), ...zone("b", 4, 1)]]]), [[2, undefined]])
})

test("a small zone of which 60 % are lost at once stands still, also when some were lost before", () => {
  assert.deepEqual(
    course([
      [0, zone("a", 10, 0)],
      [5, zone("a", 10, 6)],
      [3600, zone("a", 10, 6)],
      [3700, zone("a", 10, 5)],
    ]),
    [
      [0, undefined],
      [0, undefined],
      [0, undefined],
      [0, 10_000],
    ],
  )
})

test("a large zone of which 60 % are lost goes on at a tenth of the pace", () => {
  assert.deepEqual(
    course([
      [0, zone("a", 100, 60)],
      [100, zone("a", 100, 60)],
    ]),
    [
      [1, 100_000],
      [2, 100_000],
    ],
  )
})

test("a zone that is lost as a whole goes at full pace while another is well", () => {
  const nodes = [...zone("a", 5, 5), ...zone("b", 5, 0)]
  assert.deepEqual(
    course([
      [0, nodes],
      [10, nodes],
    ]),
    [
      [1, 10_000],
      [2, 10_000],
    ],
  )
})

test("when no node is ready none drives its pods away, not even those that did; afterwards all get their time", () => {
  assert.deepEqual(
    course([
      [0, zone("a", 4, 2)],
      [1, zone("a", 4, 4, 1)],
      [50, zone("a", 4, 2)],
      [60, zone("a", 4, 2)],
    ]),
    [
      [1, 10_000],
      [0, undefined],
      [0, 10_000, "returned"],
      [1, 10_000],
    ],
  )
})

test("a node that drove its pods away before we came goes on to, without waiting", () => {
  assert.deepEqual(course([[0, zone("a", 9, 3, 2)]]), [[3, undefined]])
})

test("nodes that are left out of the count do not make a zone sick", () => {
  const excluded = { labels: { "node.kubernetes.io/exclude-disruption": "" } }
  const lost = { conditions: [{ type: "Ready", status: "Unknown" }] }
  const nodes = [
    ...Array.from({ length: 6 }, (_, index) => node(`x${index}`, { metadata: excluded, status: lost })),
    node("well", { status: { conditions: [{ type: "Ready", status: "True" }] } }),
  ]
  assert.deepEqual(course([[0, nodes]]), [[1, 10_000]])
})
