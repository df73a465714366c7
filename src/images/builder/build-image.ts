import { existsSync, readFileSync, realpathSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Platform } from "../../platform/platform.ts"
import { makeBaseImage } from "../base/base-image.ts"
import { MediaType } from "../content/oci.ts"
import { parsePlatform } from "../content/platform-match.ts"
import { canonicalName, parseReference } from "../content/reference.ts"
import type { DiskImageStore } from "../image-store.ts"
import { ImageError, type ImagePlatform } from "../images.ts"
import { baseImage } from "./base-source.ts"
import { BuildCache } from "./build-cache.ts"
import type { SourceRoot } from "./copy-sources.ts"
import { at, type Dockerfile, parseDockerfile } from "./dockerfile.ts"
import { IGNORE_NOTHING, type IgnoreRules, parseDockerignore } from "./dockerignore.ts"
import { ImageDraft } from "./image-draft.ts"
import { withMountedLayers } from "./layer-work.ts"
import type { RunStep } from "./run-step.ts"
import type { BuildContext, BuildEvent, StageContext } from "./stage-context.ts"
import { fromSource, type PlannedStage, planStages, type Source } from "./stage-graph.ts"
import { runStage } from "./stage-runner.ts"
import { GlobalArgs, SOURCE_DATE_EPOCH } from "./variables.ts"

export interface BuildOptions {
  readonly store: DiskImageStore
  readonly platform: Platform
  /** The folder whose files COPY sees. */
  readonly context: string
  /** Path of the Dockerfile. */
  readonly dockerfile: string
  /** Names for the result. Without any, only its id tells it from garbage. */
  readonly tags: readonly string[]
  /** Name or number of the stage to build; default: the last. */
  readonly target?: string | undefined
  readonly buildArgs: ReadonlyMap<string, string>
  /** Files with secrets for `RUN --mount=type=secret`, by id. */
  readonly secrets?: ReadonlyMap<string, string>
  readonly noCache: boolean
  /** Executes RUN. */
  readonly run: RunStep
  readonly onProgress: (event: BuildEvent) => void
  readonly signal?: AbortSignal
}

/**
 * Builds an image from a Dockerfile into the store and gives it its names. Throws `ImageError` BuildFailed with file and
 * line, or the signal's reason; then no name has changed, and what was done stays in the cache.
 * https://docs.docker.com/reference/dockerfile/
 */
export async function buildImage(options: BuildOptions): Promise<{ readonly id: string }> {
  const { store, signal } = options
  const names = options.tags.map((tag) => canonicalName(parseReference(tag)))
  const result = await store.writing(signal, async () => {
    const draft = await new Build(options).run()
    const config = draft.toConfig()
    const blob = store.blobs.putJson(config)
    const manifest = store.blobs.putJson({
      schemaVersion: 2,
      mediaType: MediaType.ociManifest,
      config: { mediaType: MediaType.ociConfig, ...blob },
      layers: draft.layers.map((layer) => layer.blob),
    })
    await store.name(names.map((name) => ({ name, target: { mediaType: MediaType.ociManifest, ...manifest } })))
    return { id: blob.digest }
  })
  // The image that had the name before may be of no use to anyone now.
  if (names.length > 0) await store.collectGarbage()
  return result
}

class Build {
  readonly #options: BuildOptions
  readonly #dockerfile: Dockerfile
  readonly #args: GlobalArgs
  readonly #build: BuildContext
  readonly #contextRoot: SourceRoot
  readonly #results = new Map<number, Promise<ImageDraft>>()
  readonly #failed = new AbortController()

  constructor(options: BuildOptions) {
    this.#options = options
    const { store, platform, signal } = options
    // A folder that is not there explains a missing Dockerfile too, so it comes first.
    this.#contextRoot = openContext(options.context, options.dockerfile)
    this.#dockerfile = parseDockerfile(readDockerfile(options.dockerfile), options.dockerfile)
    this.#args = new GlobalArgs(options.buildArgs, store.imagePlatform, store.imagePlatform, options.target ?? "")
    for (const arg of this.#dockerfile.globalArgs) this.#args.declare(arg)
    this.#build = {
      store,
      platform,
      cache: new BuildCache(store.dir, platform),
      noCache: options.noCache,
      run: options.run,
      sourceDateEpoch: readEpoch(options.buildArgs.get(SOURCE_DATE_EPOCH)),
      secrets: options.secrets ?? new Map(),
      emit: options.onProgress,
      signal: signal === undefined ? this.#failed.signal : AbortSignal.any([signal, this.#failed.signal]),
    }
  }

  /** Independent stages are built at the same time. The first failure ends the others. */
  async run(): Promise<ImageDraft> {
    const planned = planStages(this.#dockerfile, this.#options.target, this.#args.lookup)
    for (const stage of planned) {
      const result = this.#runStage(stage)
      result.catch((error: unknown) => this.#failed.abort(error))
      this.#results.set(stage.stage.index, result)
    }
    await Promise.allSettled(this.#results.values())
    this.#options.signal?.throwIfAborted()
    this.#failed.signal.throwIfAborted()
    for (const name of this.#args.unused) {
      this.#build.emit({ kind: "warning", text: `build argument ${name} is not declared by any ARG` })
    }
    const target = planned.at(-1)
    if (target === undefined) throw new Error("a plan ends with its target")
    return this.#stageResult(target.stage.index)
  }

  async #runStage(planned: PlannedStage): Promise<ImageDraft> {
    const { stage } = planned
    const draft = await this.#base(planned)
    const earlier = this.#dockerfile.stages.slice(0, stage.index)
    const layersOf = (from: string, instruction: Parameters<StageContext["sourceLayers"]>[0]) =>
      this.#source(fromSource(instruction, from, earlier), null, instruction)
    await runStage({
      build: this.#build,
      stage,
      draft,
      args: this.#args,
      contextRoot: this.#contextRoot,
      sourceLayers: async (instruction, from) => (await layersOf(from, instruction)).diffIds,
      withSource: async (instruction, from, work) => {
        const { lowers } = await layersOf(from, instruction)
        return withMountedLayers(this.#build.store, lowers, (dir) =>
          work({ dir, ignore: IGNORE_NOTHING, what: from, keepOwners: true }),
        )
      },
    })
    return draft
  }

  async #base({ stage, base, platform }: PlannedStage): Promise<ImageDraft> {
    const wanted = platform === null ? null : parsePlatform(platform)
    if (platform !== null && wanted === null)
      throw at(stage.from, `--platform: found ${platform}, expected for example linux/amd64`)
    this.#build.emit({
      kind: "step",
      stage: stage.name ?? "",
      step: 0,
      of: stage.instructions.length,
      text: stage.from.text,
    })
    if (base.kind === "scratch") return new ImageDraft(wanted ?? this.#build.store.imagePlatform)
    return (await this.#source(base, wanted, stage.from)).copy()
  }

  async #source(
    source: Source,
    platform: ImagePlatform | null,
    instruction: Parameters<typeof at>[0],
  ): Promise<ImageDraft> {
    if (source.kind === "stage") return this.#stageResult(source.index)
    return baseImage(this.#build, source.ref, platform, instruction, makeBaseImage)
  }

  #stageResult(index: number): Promise<ImageDraft> {
    const result = this.#results.get(index)
    if (result === undefined) throw new Error(`stage ${index} is not part of the plan`)
    return result
  }
}

function readDockerfile(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    throw new ImageError(
      "BuildFailed",
      `cannot read the Dockerfile ${path}: ${cause instanceof Error ? cause.message : ""}`,
      { cause },
    )
  }
}

function openContext(folder: string, dockerfile: string): SourceRoot {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ImageError("BuildFailed", `found no folder ${folder}, expected the build context`)
  }
  const dir = realpathSync(folder)
  return { dir, ignore: readIgnore(dir, dockerfile), what: "the build context", keepOwners: false }
}

/** A file that belongs to the Dockerfile wins over the one for the whole folder. */
function readIgnore(dir: string, dockerfile: string): IgnoreRules {
  const file = [`${dockerfile}.dockerignore`, join(dir, ".dockerignore")].find((path) => existsSync(path))
  return file === undefined ? IGNORE_NOTHING : parseDockerignore(readFileSync(file, "utf8"))
}

function readEpoch(text: string | undefined): number | null {
  if (text === undefined || text === "") return null
  if (/^\d{1,11}$/.test(text)) return Number(text)
  throw new ImageError(
    "BuildFailed",
    `${SOURCE_DATE_EPOCH}: found ${JSON.stringify(text)}, expected seconds since 1970`,
  )
}
