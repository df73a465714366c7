import type { Platform } from "../../platform/platform.ts"
import type { DiskImageStore } from "../image-store.ts"
import { type BuildCache, type CacheEntry, cacheKey } from "./build-cache.ts"
import type { SourceRoot } from "./copy-sources.ts"
import type { Instruction } from "./dockerfile.ts"
import type { ImageDraft } from "./image-draft.ts"
import { type BuiltLayer, buildLayer, type WorkRootfs } from "./layer-work.ts"
import type { RunStep } from "./run-step.ts"
import type { Lookup } from "./words.ts"

/** What happens during a build, for whoever watches. */
export type BuildEvent =
  | { readonly kind: "step"; readonly stage: string; readonly step: number; readonly of: number; readonly text: string }
  | {
      readonly kind: "cached"
      readonly stage: string
      readonly step: number
      readonly of: number
      readonly text: string
    }
  | { readonly kind: "output"; readonly stage: string; readonly bytes: Uint8Array }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "warning"; readonly text: string }

/** The same for all stages of a build. */
export interface BuildContext {
  readonly store: DiskImageStore
  readonly platform: Platform
  readonly cache: BuildCache
  readonly noCache: boolean
  readonly run: RunStep
  /** Seconds since the epoch; null without SOURCE_DATE_EPOCH. */
  readonly sourceDateEpoch: number | null
  /** Files that secrets are read from, by id. */
  readonly secrets: ReadonlyMap<string, string>
  readonly emit: (event: BuildEvent) => void
  readonly signal: AbortSignal
}

/** What an instruction that makes a layer works with. */
export interface StageContext {
  readonly build: BuildContext
  readonly draft: ImageDraft
  readonly lookup: Lookup
  readonly contextRoot: SourceRoot
  /** Tells that the instruction begins, or that its result is in the cache. */
  readonly report: (kind: "step" | "cached") => void
  readonly onOutput: (bytes: Uint8Array) => void
  /** Lends the files that `--from` names, for the length of `work`. */
  withSource<T>(instruction: Instruction, from: string, work: (root: SourceRoot) => Promise<T>): Promise<T>
  /** The layers that `--from` names: a cheap stand-in for their content. */
  sourceLayers(instruction: Instruction, from: string): Promise<readonly string[]>
}

export interface LayerStep {
  readonly createdBy: string
  /** Everything that the result depends on. */
  readonly inputs: Readonly<Record<string, unknown>>
  readonly steadyDirectories?: boolean
  /** Made on top of nothing, so that it fits on top of anything. */
  readonly detached?: boolean
  /** An empty layer is one all the same. */
  readonly always?: boolean
  readonly work: (rootfs: WorkRootfs) => Promise<void>
}

/** Adds the layer that a step makes, from the cache when the same was done before. */
export async function addLayer(context: StageContext, step: LayerStep): Promise<CacheEntry> {
  const { build, draft } = context
  const key = cacheKey({ ...step.inputs, below: step.detached ? [] : draft.diffIds, epoch: build.sourceDateEpoch })
  const known = reuseLayer(context, key, step.createdBy)
  if (known) return known
  context.report("step")
  const layer = await buildLayer(build.store, step.detached ? [] : draft.lowers, step.work, {
    mtimeMax: build.sourceDateEpoch,
    steadyDirectories: step.steadyDirectories ?? false,
    keepEmpty: step.always ?? false,
    signal: build.signal,
  })
  const createdMs = build.sourceDateEpoch === null ? build.platform.clock.nowMs() : build.sourceDateEpoch * 1000
  const entry = { createdMs, layer: layer && { diffId: layer.diffId, blob: layer.blob } }
  build.cache.put(key, entry)
  enter(draft, layer, createdMs, step.createdBy)
  return entry
}

/** Adds the layer of a cache entry, when there is one and its files are still here. */
export function reuseLayer(context: StageContext, key: string, createdBy: string): CacheEntry | null {
  const { build, draft } = context
  const entry = build.noCache ? null : build.cache.find(key)
  if (entry === null) return null
  const layer = entry.layer && findLayer(build.store, entry.layer)
  if (entry.layer !== null && layer === null) return null
  context.report("cached")
  enter(draft, layer, entry.createdMs, createdBy)
  return entry
}

function enter(draft: ImageDraft, layer: BuiltLayer | null, createdMs: number, createdBy: string): void {
  if (layer) draft.addLayer(layer, createdMs, createdBy)
  else draft.addMetadata(createdBy)
}

function findLayer(store: DiskImageStore, layer: NonNullable<CacheEntry["layer"]>): BuiltLayer | null {
  const dir = store.layers.find(layer.diffId, layer.diffId)
  return dir !== null && store.blobs.has(layer.blob.digest, layer.blob.size) ? { ...layer, dir } : null
}
