import { chmodSync, chownSync, copyFileSync, lstatSync, mkdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { digestOf, hexOf } from "../content/digest.ts"
import { type FileLock, fileLock, tryFileLock } from "../content/file-lock.ts"
import { type CopySource, findSources, type SourceRoot, sourceDigest } from "./copy-sources.ts"
import { at, type Instruction } from "./dockerfile.ts"
import { IGNORE_NOTHING } from "./dockerignore.ts"
import type { WorkRootfs } from "./layer-work.ts"
import { rootedPath } from "./rooted-path.ts"
import type { MountSpec } from "./run-mounts.ts"
import type { RunMount } from "./run-step.ts"
import type { StageContext } from "./stage-context.ts"
import { TreeWriter } from "./tree-writer.ts"

type BindSpec = Extract<MountSpec, { type: "bind" }>
type CacheSpec = Extract<MountSpec, { type: "cache" }>
type SecretSpec = Extract<MountSpec, { type: "secret" }>

/** A mount that is ready: its source exists. A secret may be a variable instead. */
export interface ReadyMounts {
  readonly mounts: readonly RunMount[]
  readonly env: readonly string[]
}

/** Prepares the mounts of a RUN, and takes back what it lent when `work` has ended. */
export async function withMounts<T>(
  context: StageContext,
  instruction: Instruction,
  specs: readonly MountSpec[],
  rootfs: WorkRootfs,
  work: (ready: ReadyMounts) => Promise<T>,
): Promise<T> {
  const next = async (index: number, ready: ReadyMounts): Promise<T> => {
    const spec = specs[index]
    if (spec === undefined) return work(ready)
    const add = (mount: RunMount | null, env: readonly string[] = []) =>
      next(index + 1, { mounts: mount === null ? ready.mounts : [...ready.mounts, mount], env: [...ready.env, ...env] })
    const scratch = join(rootfs.scratch, `mount-${index}`)
    switch (spec.type) {
      case "tmpfs":
        return add(spec)
      case "bind":
        return withRoot(context, instruction, spec, (root) => add(bindMount(instruction, spec, root, scratch)))
      case "cache":
        return withCache(context, instruction, spec, (source) =>
          add({ type: "bind", source, target: spec.target, readonly: spec.readonly }),
        )
      case "secret":
        return withSecret(context, instruction, spec, scratch, add)
    }
  }
  return next(0, { mounts: [], env: [] })
}

/** What of the mounts decides a RUN's result: content that is bound, but neither caches nor secrets. */
export async function mountKeys(
  context: StageContext,
  instruction: Instruction,
  specs: readonly MountSpec[],
): Promise<unknown[]> {
  const keys: unknown[] = []
  for (const spec of specs) {
    if (spec.type !== "bind") keys.push(spec)
    else {
      const content = await withRoot(context, instruction, spec, async (root) =>
        sourceDigest(bindSource(instruction, spec, root)),
      )
      keys.push([spec.target, spec.readonly, content])
    }
  }
  return keys
}

function withRoot<T>(
  context: StageContext,
  instruction: Instruction,
  spec: BindSpec | CacheSpec,
  work: (root: SourceRoot) => Promise<T>,
): Promise<T> {
  return spec.from === null ? work(context.contextRoot) : context.withSource(instruction, spec.from, work)
}

function bindSource(instruction: Instruction, spec: BindSpec | CacheSpec, root: SourceRoot): CopySource {
  try {
    const [source] = findSources(root, spec.source.replaceAll(/[*?[\\]/g, "\\$&"))
    if (source) return source
  } catch (error) {
    throw at(instruction, messageOf(error), error)
  }
  throw at(instruction, `${spec.source} is not in ${root.what}`)
}

function bindMount(instruction: Instruction, spec: BindSpec, root: SourceRoot, scratch: string): RunMount {
  const source = bindSource(instruction, spec, root)
  const { target, readonly } = spec
  if (readonly && root.ignore === IGNORE_NOTHING) {
    return { type: "bind", source: rootedPath(root.dir, spec.source), target, readonly }
  }
  // What .dockerignore leaves out must not be seen, and what the program writes must be lost.
  mkdirSync(scratch)
  const writer = new TreeWriter(scratch, { owner: null, mode: null })
  writer.copy(source, "/content")
  writer.finish()
  return { type: "bind", source: join(scratch, "content"), target, readonly }
}

async function withCache<T>(
  context: StageContext,
  instruction: Instruction,
  spec: CacheSpec,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const { cache, platform, signal } = context.build
  const base = join(cache.dir, "mounts", hexOf(digestOf(spec.id)).slice(0, 32))
  const { dir, lock } = await lockCache(base, spec.sharing, platform.clock, signal)
  try {
    if (!lstatSync(dir, { throwIfNoEntry: false })) {
      mkdirSync(dir, { recursive: true })
      if (spec.from !== null)
        await withRoot(context, instruction, spec, async (root) => fill(instruction, spec, root, dir))
      chownSync(dir, spec.uid, spec.gid)
      chmodSync(dir, spec.mode)
    }
    return await work(dir)
  } finally {
    lock?.release()
  }
}

async function lockCache(
  base: string,
  sharing: CacheSpec["sharing"],
  clock: StageContext["build"]["platform"]["clock"],
  signal: AbortSignal,
): Promise<{ dir: string; lock: FileLock | null }> {
  if (sharing === "shared") return { dir: base, lock: null }
  if (sharing === "locked") return { dir: base, lock: await fileLock(`${base}.lock`, "exclusive", clock, signal) }
  for (let i = 0; ; i++) {
    const lock = tryFileLock(`${base}-${i}.lock`, "exclusive")
    if (lock) return { dir: `${base}-${i}`, lock }
  }
}

function fill(instruction: Instruction, spec: CacheSpec, root: SourceRoot, dir: string): void {
  const writer = new TreeWriter(dir, { owner: null, mode: null })
  writer.copy(bindSource(instruction, spec, root), "/")
  writer.finish()
}

function withSecret<T>(
  context: StageContext,
  instruction: Instruction,
  spec: SecretSpec,
  scratch: string,
  add: (mount: RunMount | null, env?: readonly string[]) => Promise<T>,
): Promise<T> {
  const file = context.build.secrets.get(spec.id)
  if (file === undefined) {
    if (spec.required)
      throw at(instruction, `secret ${spec.id} is required; give it with --secret id=${spec.id},src=FILE`)
    return add(null)
  }
  const env = spec.env === null ? [] : [`${spec.env}=${readFileSync(file, "utf8")}`]
  if (spec.target === null) return add(null, env)
  // A copy has the owner that the program needs. The folder hides it from others, and goes with the instruction.
  mkdirSync(scratch, { mode: 0o700 })
  const copy = join(scratch, "secret")
  copyFileSync(realpathSync(file), copy)
  chownSync(copy, spec.uid, spec.gid)
  chmodSync(copy, spec.mode)
  return add({ type: "bind", source: copy, target: spec.target, readonly: true }, env)
}
