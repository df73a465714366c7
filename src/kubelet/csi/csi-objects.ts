import { Secret } from "../../api/core/v1/secret.ts"
import { attachmentName as nameOfAttachment } from "../../api/storage/v1/attachment-name.ts"
import { CSIDriver } from "../../api/storage/v1/csi-driver.ts"
import type { Client } from "../../client/client.ts"
import { startInformer } from "../../client/informer.ts"
import { codeNumber } from "../../machinery/grpc/code.ts"
import { messageOf } from "../../machinery/status/message-of.ts"
import { onFirstUse } from "../../platform/on-first-use.ts"
import type { Platform } from "../../platform/platform.ts"
import { AttachmentLimit, NotAttached } from "../volumes/failures.ts"
import type { CsiSource, SecretKey } from "./csi-source.ts"

const attachments = onFirstUse<typeof import("../../api/storage/v1/volume-attachment.ts")>(
  "../../api/storage/v1/volume-attachment.ts",
  import.meta.url,
)

const WAIT_FAILED = "WaitForAttach failed"
const RESOURCE_EXHAUSTED = codeNumber("ResourceExhausted")

/** What the API says about drivers and volumes. */
export interface CsiObjects {
  /** How the driver wants to be called; undefined where nobody has said. */
  driver(name: string): Promise<CSIDriver | undefined>
  /** Keys and values, as a driver gets them. Rejects with Kubernetes' message. */
  secret(key: SecretKey | undefined): Promise<Record<string, string>>
  /** A controller has to attach the volume to the node. */
  isAttachable(source: CsiSource): Promise<boolean>
  /**
   * What the driver's controller said when it attached the volume; empty where that is not needed. Rejects with
   * `NotAttached` until it has.
   */
  attachment(source: CsiSource): Promise<Readonly<Record<string, string>>>
  onDriverChange(listener: (name: string, driver: CSIDriver | undefined) => void): void
}

export function createCsiObjects(options: {
  readonly client: Client
  readonly platform: Pick<Platform, "clock" | "log">
  readonly nodeName: string
  readonly signal: AbortSignal
}): CsiObjects {
  const { client, nodeName, platform, signal } = options
  const drivers = startInformer(client, CSIDriver, { platform, signal, scope: {} })
  const driver = async (name: string) => {
    await drivers.synced
    return drivers.get(name)
  }
  const isAttachable = async (source: CsiSource): Promise<boolean> => {
    return !source.ephemeral && (await driver(source.driver))?.spec.attachRequired !== false
  }
  return {
    driver,
    isAttachable,
    async secret(key) {
      if (key === undefined) return {}
      try {
        const { data = {} } = await client.of(Secret).get(key)
        const entries = Object.entries(data).map(([name, value]) => [name, Buffer.from(value, "base64").toString()])
        return Object.fromEntries(entries) as Record<string, string>
      } catch (error) {
        throw new Error(
          `kubernetes.io/csi: failed to find the secret ${key.name} in the namespace ${key.namespace} with error: ${messageOf(error)}`,
          { cause: error },
        )
      }
    },
    async attachment(source) {
      if (!(await isAttachable(source))) return {}
      const name = attachmentName(source, nodeName)
      const { handle } = source
      const found = await client
        .of(attachments().VolumeAttachment)
        .get({ name })
        .catch((error: unknown) => {
          throw notAttached(`volume ${handle} has GET error for volume attachment ${name}: ${messageOf(error)}`, error)
        })
      if (found.metadata.deletionTimestamp !== undefined) throw notAttached("volume attachment is being deleted")
      const { attachError, attached, attachmentMetadata = {} } = found.status
      if (attached === true) return attachmentMetadata
      const message = attachError?.message ?? `volume ${handle} is not attached for volume attachment ${name}`
      // Only drivers that say how often their limit changes mean it so.
      const changes = (await driver(source.driver))?.spec.nodeAllocatableUpdatePeriodSeconds ?? 0
      if (attachError?.errorCode === RESOURCE_EXHAUSTED && changes > 0) throw new AttachmentLimit(WAIT_FAILED, message)
      throw notAttached(message)
    },
    onDriverChange: (listener) => {
      drivers.onChange(({ object, type }) => listener(object.metadata.name, type === "deleted" ? undefined : object))
    },
  }
}

/** As controllers name the object that stands for a volume on a node. */
export function attachmentName({ driver, handle }: CsiSource, nodeName: string): string {
  return nameOfAttachment({ driver, volumeHandle: handle }, nodeName)
}

function notAttached(message: string, cause?: unknown): Error {
  return new NotAttached(WAIT_FAILED, message, { cause })
}
