import type { Volume } from "../../api/core/v1/volume.ts"
import { quote } from "../../machinery/field/quote.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import type { Rejection } from "../admission/admit.ts"
import { MountError } from "./plugins/plugin.ts"
import { UnresolvedVolume } from "./resolve-volume.ts"

/** One volume of a pod could not be made. */
export interface VolumeFailure {
  readonly volume: string
  /** `MountVolume.SetUp failed for volume "x" : …`; of a volume that is not processed, the bare problem. */
  readonly message: string
  readonly cause: unknown
  /** What the volume is was not found out: its claim is not bound, or no plugin knows its type. */
  readonly unprocessed: boolean
  /** A controller has not attached it yet; it says itself what keeps it. */
  readonly unattached: boolean
  /** Of the event. */
  readonly reason: "FailedMount" | "FailedMapVolume"
}

/** Not an error: a volume waits for its controller. */
export class NotAttached extends MountError {}

/** Nor will it be: the node has as many volumes as it takes. */
export class AttachmentLimit extends NotAttached {}

/** `specName` is the name of the persistent volume, where there is one. */
export function volumeFailure(
  volume: Volume,
  cause: unknown,
  found?: { specName: string; block: boolean },
): VolumeFailure {
  const text = messageOf(cause)
  const unprocessed = cause instanceof UnresolvedVolume
  const { block, specName } = found ?? { block: false, specName: volume.name }
  const step = cause instanceof MountError ? cause.step : block ? "SetUpDevice failed" : "SetUp failed"
  const operation = block ? "MapVolume" : "MountVolume"
  return {
    volume: volume.name,
    message: unprocessed ? text : `${operation}.${step} for volume ${quote(specName)} : ${text}`,
    cause,
    unprocessed,
    unattached: cause instanceof NotAttached,
    reason: block && !step.startsWith("NodeAffinity") ? "FailedMapVolume" : "FailedMount",
  }
}

/** As Kubernetes' back-off of mount operations ends. */
export const SET_UP_RETRY_MAX_MS = 122_000
/** While it is not known what a volume is, as Kubernetes' pod workers: nothing tells the node that a claim was bound. */
const UNPROCESSED_RETRY_MAX_MS = 10_000
/** While a controller attaches a volume: a look at one object. */
const UNATTACHED_RETRY_MAX_MS = 2000

/** Some volumes of a pod could not be made. The message is Kubernetes' summary for the pod's `FailedMount` event. */
export class VolumesError extends Error {
  override readonly name = "VolumesError"
  readonly failures: readonly VolumeFailure[]

  constructor(failures: readonly VolumeFailure[]) {
    const namesOf = (chosen: readonly VolumeFailure[]) =>
      chosen
        .map(({ volume }) => volume)
        .sort()
        .join(" ")
    const unattached = namesOf(failures.filter((each) => each.unattached))
    const unprocessed = namesOf(failures.filter((each) => each.unprocessed))
    const details = failures.map(({ message }) => message).join("; ")
    super(
      `unmounted volumes=[${namesOf(failures)}], unattached volumes=[${unattached}], failed to process volumes=[${unprocessed}]: ${details}`,
    )
    this.failures = failures
  }

  /** Why the pod cannot run here at all. */
  get rejection(): Rejection | undefined {
    if (!this.failures.some(({ cause }) => cause instanceof AttachmentLimit)) return undefined
    const message = `Node has reached its volume attachment limit, rejecting pod. ${this.message}`
    return { reason: "VolumeAttachmentLimitExceeded", message }
  }

  /** How long to wait at most before the next try. */
  get retryMaxMs(): number {
    if (this.failures.some(({ unattached }) => unattached)) return UNATTACHED_RETRY_MAX_MS
    return this.unprocessed === undefined ? SET_UP_RETRY_MAX_MS : UNPROCESSED_RETRY_MAX_MS
  }

  /** Only of what was not found out, which nothing else reports. */
  get unprocessed(): VolumesError | undefined {
    const chosen = this.failures.filter(({ unprocessed }) => unprocessed)
    return chosen.length === 0 ? undefined : new VolumesError(chosen)
  }
}
