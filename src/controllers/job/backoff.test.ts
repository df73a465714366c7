import assert from "node:assert/strict"
import { test } from "node:test"
import { pod } from "../testing.ts"
import { addEnded, endedMs, NO_FAILURES, pauseMs } from "./backoff.ts"

const ms = (second: number) => Date.parse("2026-01-01T00:00:00Z") + second * 1000
const time = (second: number) => new Date(ms(second)).toISOString()
const ended = (second: number) =>
  pod(`p${second}`, {
    status: {
      containerStatuses: [{ name: "main", restartCount: 0, state: { terminated: { finishedAt: time(second) } } }],
    },
  })

test("a success forgets the failures before it", () => {
  assert.deepEqual(addEnded({ count: 4, lastMs: ms(1) }, [], [ended(2), ended(3)]), { count: 6, lastMs: ms(3) })
  assert.deepEqual(addEnded({ count: 4, lastMs: ms(1) }, [ended(5)], [ended(4), ended(6)]), { count: 1, lastMs: ms(6) })
  assert.deepEqual(addEnded({ count: 4, lastMs: ms(1) }, [ended(5)], []), NO_FAILURES)
})

test("the pause doubles from ten seconds to ten minutes", () => {
  const pauses = [0, 1, 2, 3, 7, 8].map((count) => pauseMs({ count, lastMs: ms(0) }, ms(1)) / 1000)
  assert.deepEqual(pauses, [0, 9, 19, 39, 599, 599])
  assert.equal(pauseMs({ count: 1, lastMs: ms(0) }, ms(11)), 0)
})

test("a failure that was dated before the clock was set back holds nothing up", () => {
  assert.equal(pauseMs({ count: 1, lastMs: ms(600) }, ms(0)), 610_000)
  assert.equal(pauseMs({ count: 1, lastMs: ms(601) }, ms(0)), 0)
})

test("a pod ended with its last container, or else when it was seen unready, deleted or made", () => {
  const status = { conditions: [{ type: "Ready", status: "False", lastTransitionTime: time(3) }] }
  const going = { metadata: { deletionTimestamp: time(30), deletionGracePeriodSeconds: 20 } }
  const pods = [ended(7), pod("unready", { status }), pod("going", going), pod("new")]
  assert.deepEqual(pods.map(endedMs), [ms(7), ms(3), ms(10), ms(0)])
})
