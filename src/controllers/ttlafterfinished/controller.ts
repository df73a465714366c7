import { Job } from "../../api/batch/v1/job.ts"
import { keyOf, splitKey } from "../../client/informer.ts"
import { isNotFound } from "../../machinery/status/predicates.ts"
import { type ControllerContext, defineController } from "../define-controller.ts"
import { expiresAtMs } from "./plan.ts"

/** Deletes jobs, and their pods, a while after they have ended. */
export const ttlAfterFinishedController = defineController({
  name: "ttl-after-finished-controller",
  reads: [Job],
  writes: [{ resource: Job, verbs: ["delete"] }],
  start(context) {
    context.enqueueOn(Job, ({ type, object }) =>
      type !== "deleted" && expiresAtMs(object) !== undefined ? [keyOf(object)] : [],
    )
    return (key) => reconcile(context, key)
  },
})

async function reconcile(context: ControllerContext, key: string) {
  const known = context.informer(Job).get(key)
  if (known === undefined) return undefined
  const wait = waitMs(context, known)
  if (wait === undefined || wait > 0) return again(wait)
  try {
    // The copy may be old, and a deletion cannot be taken back.
    const fresh = await context.client.of(Job).get(splitKey(key))
    const left = waitMs(context, fresh)
    if (left === undefined || left > 0) return again(left)
    const preconditions = { uid: fresh.metadata.uid }
    await context.client.of(Job).delete(fresh.metadata, { propagationPolicy: "Foreground", preconditions })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return undefined
}

const again = (ms: number | undefined) => (ms === undefined ? undefined : { againAfterMs: ms })

function waitMs({ platform }: ControllerContext, job: Job): number | undefined {
  const expiresMs = expiresAtMs(job)
  return expiresMs === undefined ? undefined : expiresMs - platform.clock.nowMs()
}
