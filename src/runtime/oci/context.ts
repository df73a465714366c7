import type { ImageStore } from "../../images/images.ts"
import type { Platform } from "../../platform/platform.ts"
import type { ContainerId } from "../container.ts"
import { RuntimeError } from "../errors.ts"
import type { EventHub } from "../event-hub.ts"
import type { PodNetwork } from "../pod-network.ts"
import type { RuntimeEvent } from "../runtime.ts"
import type { SandboxId } from "../sandbox.ts"
import type { Cgroups } from "./cgroups.ts"
import type { OciHandler } from "./handlers.ts"
import type { KeyedLock } from "./keyed-lock.ts"
import type { Layout } from "./layout.ts"
import type { ContainerRecord, RunRecord, SandboxRecord } from "./records.ts"
import type { MachineFacts } from "./spec/container-spec.ts"

/** What the runtime asks of the image store. */
export type RuntimeImages = Pick<ImageStore, "prepareRootfs" | "status" | "unpin">

/** What the parts of the runtime share. */
export interface OciContext {
  readonly platform: Pick<Platform, "clock" | "random" | "processes" | "log">
  readonly layout: Layout
  readonly images: RuntimeImages
  readonly network: PodNetwork
  readonly cgroups: Cgroups
  readonly machine: MachineFacts
  /** Where vendors describe their devices. */
  readonly cdiFolders: readonly string[]
  readonly locks: KeyedLock
  readonly events: EventHub<RuntimeEvent>
  readonly sandboxes: Map<string, SandboxEntry>
  readonly containers: Map<string, ContainerEntry>
  /** The default for an empty name. Throws NotFound for a name that is no handler. */
  handler(name: string): Promise<OciHandler>
}

/** A sandbox in memory; `record` is what is on disk. */
export interface SandboxEntry {
  record: SandboxRecord
}

export interface ContainerEntry {
  readonly record: ContainerRecord
  run: RunRecord
  /** Resolved when the container is EXITED. */
  readonly exited: PromiseWithResolvers<void>
}

const ID_BYTES = 32

export function newId(context: OciContext): string {
  return Buffer.from(context.platform.random.bytes(ID_BYTES)).toString("hex")
}

export function nowNs(context: OciContext): string {
  return String(BigInt(Math.round(context.platform.clock.nowMs() * 1000)) * 1000n)
}

export function needSandbox(context: OciContext, id: SandboxId): SandboxEntry {
  const entry = context.sandboxes.get(id)
  if (entry === undefined) throw new RuntimeError("NotFound", `pod sandbox ${id} not found`)
  return entry
}

export function needContainer(context: OciContext, id: ContainerId): ContainerEntry {
  const entry = context.containers.get(id)
  if (entry === undefined) throw new RuntimeError("NotFound", `container ${id} not found`)
  return entry
}

export function containersOf(context: OciContext, id: SandboxId): ContainerEntry[] {
  return [...context.containers.values()].filter(({ record }) => record.sandboxId === id)
}
