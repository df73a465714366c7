import assert from "node:assert/strict"
import { test } from "node:test"
import type { PodStatus } from "../../api/core/v1/pod-status.ts"
import { newlyEnded } from "./newly-ended.ts"

const ended = (id: string, exitCode: number) => ({ terminated: { containerID: id, exitCode, reason: "Error" } })
const statusOf = (state: object, lastState: object) =>
  ({ containerStatuses: [{ name: "c", state, lastState }] }) as unknown as PodStatus

test("each end is told once, whether the container is replaced by then or not", () => {
  const runs = statusOf({ running: {} }, {})
  const failed = statusOf(ended("a", 1), {})
  const again = statusOf({ running: {} }, ended("a", 1))
  const failedAgain = statusOf(ended("b", 2), ended("a", 1))
  const told = [runs, failed, again, failedAgain, failedAgain].map((status, at, all) =>
    newlyEnded(all[at - 1] ?? {}, status).map(({ exit_code }) => exit_code),
  )
  assert.deepEqual(told, [[], ["1"], [], ["2"], []])
  assert.deepEqual(newlyEnded(runs, again), [{ container_type: "container", exit_code: "1", reason: "Error" }])
})
