import type { Pod } from "../../api/core/v1/pod.ts"
import type { EventRecorder } from "../../client/event-recorder.ts"
import { isImageError, type NodeImage, type NodeImages, type RegistryCredentials } from "../../images/images.ts"
import { quote } from "../../machinery/field/quote.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { formatMilliseconds } from "../../machinery/time/duration.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ImageFact } from "../pod/facts.ts"
import type { PullSettings } from "../settings/settings.ts"
import type { Timings } from "../timings.ts"
import { mayUse, type PullSource } from "./image-access.ts"
import { isPullFailure, pullFailure } from "./pull-failure.ts"
import type { PullGate } from "./pull-gate.ts"
import type { PullRecords } from "./pull-records.ts"
import { sizeRange } from "./size-ranges.ts"
import { needsVerification } from "./verification.ts"
import type { WantedImage } from "./wanted-images.ts"

/** As the kubelet's image back-off. */
const backoffFirstMs = 10_000
const backoffLongestMs = 300_000

export interface ImageEnvironment {
  readonly platform: Pick<Platform, "clock" | "log">
  readonly images: Pick<NodeImages, "status" | "pull">
  readonly events: Pick<EventRecorder, "record">
  /** Absent: nobody asks how long pulls take. */
  readonly timings?: Pick<Timings, "observe">
  readonly settings: { readonly pulls: Pick<PullSettings, "verification"> }
  /** Credentials for an image that the pod has, or the node has for it. */
  readonly credentials: (pod: Pod, image: string) => Promise<readonly PullCredentials[]>
  readonly pullGate: PullGate
  readonly pullRecords: Pick<PullRecords, "of" | "begin" | "pulled" | "failed" | "add">
}

/** Credentials, and whose they are. */
export interface PullCredentials {
  readonly credentials: RegistryCredentials
  /** Absent: every pod's of the node. */
  readonly source?: PullSource
}

/** Makes sure that images are on the node, as pull policies say. One per pod: it remembers what failed. */
export interface ImageEnsurer {
  /** Never rejects. Records the events that Kubernetes records. `onPulling` is called when it will take time. */
  ensure(pod: Pod, wanted: WantedImage, signal: AbortSignal, onPulling: () => void): Promise<ImageFact>
}

export function createImageEnsurer(environment: ImageEnvironment): ImageEnsurer {
  const { events, images, platform, pullGate, pullRecords } = environment
  const backoffs = new Map<string, { readonly pauseMs: number; readonly atMs: number }>()

  const fail = (pod: Pod, { containerPath, image }: WantedImage, reason: string, message: string): ImageFact => {
    const nowMs = platform.clock.monotonicMs()
    events.record(pod, "Warning", "Failed", `Error: ${reason}`, { fieldPath: containerPath })
    // Other failures end when somebody brings the image, and asking costs nothing.
    if (!isPullFailure(reason))
      return { state: "failed", reason, message, failedAtMs: nowMs, retryAtMs: nowMs + backoffFirstMs }
    const before = backoffs.get(image)
    const fresh = before === undefined || nowMs - before.atMs > 2 * backoffLongestMs
    const pauseMs = fresh ? backoffFirstMs : Math.min(before.pauseMs * 2, backoffLongestMs)
    backoffs.set(image, { pauseMs, atMs: nowMs })
    return { state: "failed", reason, message, failedAtMs: nowMs, retryAtMs: nowMs + pauseMs }
  }

  /** Remembers which credentials it was that opened the registry. */
  const pullWith = async (image: string, all: readonly PullCredentials[], signal: AbortSignal) => {
    const last = all.at(-1)
    pullRecords.begin(image)
    try {
      for (const each of all) {
        try {
          const status = await images.pull(image, { auth: [each.credentials], signal })
          pullRecords.pulled(status.id, image, each.source)
          return status
        } catch (error) {
          if (each === last || signal.aborted) throw error
        }
      }
      const status = await images.pull(image, { auth: [], signal })
      pullRecords.pulled(status.id, image, undefined)
      return status
    } catch (error) {
      pullRecords.failed(image)
      throw error
    }
  }

  /** Whether the pod may use an image that is here. */
  const accessible = async (pod: Pod, image: string, { id }: NodeImage): Promise<boolean> => {
    const access = pullRecords.of(id, image)
    if (!needsVerification(environment.settings.pulls.verification, image, access !== undefined)) return true
    if (access === undefined) return false
    if (mayUse(access, []).allowed) return true
    const sources = (await environment.credentials(pod, image)).flatMap(({ source }) => source ?? [])
    const { allowed, noted } = mayUse(access, sources)
    if (noted !== undefined) pullRecords.add(id, image, noted)
    return allowed
  }

  const pull = async (pod: Pod, wanted: WantedImage, signal: AbortSignal): Promise<ImageFact> => {
    const { image } = wanted
    const where = placeOf(wanted)
    events.record(pod, "Normal", "Pulling", `Pulling image ${quote(image)}`, where)
    const askedMs = platform.clock.monotonicMs()
    try {
      const credentials = await environment.credentials(pod, image)
      const { beganMs, status } = await pullGate.run(async () => {
        const startMs = platform.clock.monotonicMs()
        return { beganMs: startMs, status: await pullWith(image, credentials, signal) }
      })
      const endedMs = platform.clock.monotonicMs()
      const labels = { image_size_in_bytes: sizeRange(status.sizeBytes) }
      environment.timings?.observe("kubelet_image_pull_duration_seconds", (endedMs - askedMs) / 1000, labels)
      const [took, waited] = [beganMs, askedMs].map((sinceMs) => formatMilliseconds(Math.trunc(endedMs - sinceMs)))
      const message = `Successfully pulled image ${quote(image)} in ${took} (${waited} including waiting). Image size: ${status.sizeBytes} bytes.`
      events.record(pod, "Normal", "Pulled", message, where)
      return present(status)
    } catch (error) {
      const text = messageOf(error)
      if (!signal.aborted) {
        events.record(pod, "Warning", "Failed", `Failed to pull image ${quote(image)}: ${text}`, where)
      }
      const { message, reason } = pullFailure(image, text)
      return fail(pod, wanted, reason, message)
    }
  }

  return {
    async ensure(pod, wanted, signal, onPulling) {
      const { image, policy } = wanted
      const where = placeOf(wanted)
      try {
        const status = await images.status(image)
        if (policy !== "Always" && status !== null && (await accessible(pod, image, status))) {
          const message = `Container image ${quote(image)} already present on machine and can be accessed by the pod`
          events.record(pod, "Normal", "Pulled", message, where)
          return present(status)
        }
      } catch (error) {
        const text = messageOf(error)
        const isInvalid = isImageError(error, "InvalidReference")
        if (isInvalid || policy !== "Always") {
          const failed = isInvalid ? "apply default image tag" : "inspect image"
          const message = `Failed to ${failed} ${quote(image)}: ${text}`
          events.record(pod, "Warning", "InspectFailed", message, where)
          return fail(pod, wanted, isInvalid ? "InvalidImageName" : "ImageInspectError", message)
        }
      }
      if (policy === "Never") {
        const message = `Container image ${quote(image)} is not present with pull policy of Never`
        events.record(pod, "Warning", "ErrImageNeverPull", message, where)
        return fail(pod, wanted, "ErrImageNeverPull", message)
      }
      onPulling()
      return pull(pod, wanted, signal)
    },
  }
}

function placeOf({ fieldPath }: WantedImage) {
  return fieldPath === undefined ? {} : { fieldPath }
}

function present(status: NodeImage): ImageFact {
  const { id, uid, username } = status
  return { state: "present", imageId: id, user: { uid, username } }
}
