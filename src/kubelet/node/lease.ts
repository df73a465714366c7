import { Lease } from "../../api/coordination/v1/lease.ts"
import type { Client } from "../../client/client.ts"
import { isConflict, isNotFound } from "../../machinery/status/predicates.ts"
import { formatMicroTime } from "../../machinery/time/timestamp.ts"
import type { Platform } from "../../platform/platform.ts"

const namespace = "kube-node-lease"
/** As the kubelet: four chances before it runs out. */
const renewals = 4
const retryMs = 1000

/** Renews the node's lease until `signal` aborts, so that the node lifecycle controller knows that it lives. */
export async function keepLease(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly nodeName: string
  readonly nodeUid: () => string | undefined
  readonly durationSeconds: number
  readonly signal: AbortSignal
}): Promise<void> {
  const { client, durationSeconds, nodeName, platform, signal } = options
  const leases = client.of(Lease)
  let lease: Lease | undefined
  while (!signal.aborted) {
    let pauseMs = (durationSeconds * 1000) / renewals
    try {
      lease = await renew(lease)
    } catch (error) {
      lease = undefined
      pauseMs = retryMs
      if (!signal.aborted) platform.log.warn("the node lease was not renewed", { error })
    }
    await platform.clock.sleep(pauseMs, signal).catch(() => undefined)
  }

  async function renew(known: Lease | undefined): Promise<Lease> {
    const nowMs = platform.clock.nowMs()
    const renewTime = formatMicroTime({ seconds: Math.floor(nowMs / 1000), nanos: (nowMs % 1000) * 1_000_000 })
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: durationSeconds, renewTime }
    try {
      const current = known ?? (await leases.get({ namespace, name: nodeName }))
      const { metadata } = current
      const isOwned = (metadata.ownerReferences ?? []).length > 0
      return await leases.update({ ...current, metadata: isOwned ? metadata : { ...metadata, ...owner() }, spec })
    } catch (error) {
      if (isConflict(error)) return renew(undefined)
      if (!isNotFound(error)) throw error
    }
    return leases.create({ metadata: { namespace, name: nodeName, ...owner() }, spec })
  }

  /** The node may not be known yet when its lease is made. */
  function owner() {
    const uid = options.nodeUid()
    return uid === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "Node", name: nodeName, uid }] }
  }
}
