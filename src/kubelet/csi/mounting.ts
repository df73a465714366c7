import type { EventRecorder } from "../../client/event-recorder.ts"
import { hasGrpcCode } from "../../machinery/grpc/code.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { MountError, UncertainMount } from "../volumes/plugins/plugin.ts"
import type { PodTokens } from "../volumes/tokens.ts"
import type { CsiObjects } from "./csi-objects.ts"
import type { Driver, Drivers } from "./drivers.ts"

/** What mounting volumes of drivers needs. */
export interface Mounting {
  readonly dataDir: string
  readonly nodeName: string
  readonly drivers: Drivers
  readonly objects: CsiObjects
  readonly tokens: PodTokens
  readonly events: Pick<EventRecorder, "record">
}

/** The driver, or Kubernetes' message that it is not there; `failure` says what cannot be done therefore. */
export function registeredDriver({ drivers }: Mounting, name: string, failure: string): Driver {
  const driver = drivers.get(name)
  if (driver !== undefined) return driver
  throw new Error(`kubernetes.io/csi: ${failure}: driver name ${name} not found in the list of registered CSI drivers`)
}

/** Names the step that failed. The driver may still be at it when it did not answer to the end. */
export async function inStep<T>(step: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MountError) throw error
    const message = messageOf(error)
    throw new MountError(step, message, {
      cause: isFinal(error) ? error : new UncertainMount(message, { cause: error }),
    })
  }
}

/** Whether an operation of the driver has ended, for sure. What is no error of a call never began. */
export function isFinal(error: unknown): boolean {
  return !hasGrpcCode(error, "Canceled", "DeadlineExceeded", "Unavailable", "ResourceExhausted", "Aborted")
}
