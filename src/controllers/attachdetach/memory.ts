import type { VolumeAttachment } from "../../api/storage/v1/volume-attachment.ts"

/** A driver that says nothing for so long is told about. */
const ATTACH_MS_MAX = 120_000

export type Attaching =
  | { readonly is: "attached"; readonly isNew: boolean }
  | { readonly is: "waiting"; readonly againAfterMs: number }
  | {
      readonly is: "failed"
      readonly message: string
      readonly isNew: boolean
      /** Absent: what the driver says next is waited for. */
      readonly againAfterMs?: number
    }

/** What is remembered about attachments: times, and what was told already. A new life of the controller begins anew. */
export class AttachmentMemory {
  /** Volumes that are taken from a node's list, as they are about to be detached. */
  readonly leaving = new Set<string>()
  readonly #unwantedSinceMs = new Map<string, number>()
  readonly #waitingSinceMs = new Map<string, number>()
  readonly #failures = new Map<string, string>()
  readonly #blocked = new Set<string>()

  unwantedForMs(attachment: string, nowMs: number): number {
    const since = this.#unwantedSinceMs.get(attachment) ?? nowMs
    this.#unwantedSinceMs.set(attachment, since)
    return nowMs - since
  }

  /** How far an attachment is that a pod waits for. */
  look({ metadata, spec, status }: VolumeAttachment, handle: string, nowMs: number): Attaching {
    const { name } = metadata
    this.#unwantedSinceMs.delete(name)
    if (status.attached) {
      this.#failures.delete(name)
      return { is: "attached", isNew: this.#waitingSinceMs.delete(name) }
    }
    const since = this.#waitingSinceMs.get(name) ?? nowMs
    this.#waitingSinceMs.set(name, since)
    const failure = metadata.deletionTimestamp === undefined ? status.attachError : BEING_DELETED
    if (failure?.message) return this.#failed(name, `${failure.time} ${failure.message}`, failure.message)
    const leftMs = since + ATTACH_MS_MAX - nowMs
    if (leftMs > 0) return { is: "waiting", againAfterMs: leftMs }
    this.#waitingSinceMs.set(name, nowMs)
    const driver = `external-attacher of ${spec.attacher} CSI driver`
    const message = `timed out waiting for ${driver} to attach volume ${handle}`
    return { ...this.#failed(name, `${nowMs}`, message), againAfterMs: ATTACH_MS_MAX }
  }

  #failed(name: string, mark: string, message: string) {
    const isNew = this.#failures.get(name) !== mark
    this.#failures.set(name, mark)
    return { is: "failed", message, isNew } as const
  }

  /** Whether this is news. */
  block(volume: string, node: string): boolean {
    const key = `${volume}/${node}`
    const isNew = !this.#blocked.has(key)
    this.#blocked.add(key)
    return isNew
  }

  /** Leaves only the nodes at which a volume is still blocked. */
  keepBlocked(volume: string, nodes: readonly string[]): void {
    for (const key of this.#blocked) {
      if (key.startsWith(`${volume}/`) && !nodes.includes(key.slice(volume.length + 1))) this.#blocked.delete(key)
    }
  }

  forget(attachment: string): void {
    this.leaving.delete(attachment)
    for (const map of [this.#unwantedSinceMs, this.#waitingSinceMs, this.#failures]) map.delete(attachment)
  }
}

const BEING_DELETED = { message: "volume attachment is being deleted", time: "" }
