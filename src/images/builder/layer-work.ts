import { chmodSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync, utimesSync } from "node:fs"
import { join } from "node:path"
import { mount, unmount } from "../../platform/linux/mount.ts"
import type { Descriptor } from "../content/oci.ts"
import { MediaType } from "../content/oci.ts"
import type { DiskImageStore } from "../image-store.ts"
import { writeLayer } from "../layers/layer-diff.ts"
import { MERGED_DIR } from "../layers/layer-store.ts"
import { getXattr } from "../layers/libc.ts"
import { lookupInLayers, OPAQUE_XATTR } from "../layers/lower-lookup.ts"
import { mountable, overlayLowerOption } from "../layers/overlay-lower.ts"

/** A layer of an image being built. */
export interface BuiltLayer {
  readonly diffId: string
  readonly blob: Descriptor
  /** Unpacked. */
  readonly dir: string
}

/** A root file system that is mounted for the length of one instruction. */
export interface WorkRootfs {
  /** Everything: the layers below with what is being changed. */
  readonly merged: string
  /** Only what is being changed. */
  readonly upper: string
  /** A folder for whatever else the instruction needs, deleted afterwards. */
  readonly scratch: string
}

export interface LayerOptions {
  /** Later times of files are set back to this (seconds since the epoch). */
  readonly mtimeMax: number | null
  /** Directories that only changed because something was put into them keep their time. */
  readonly steadyDirectories?: boolean
  /** Makes a layer even when nothing was changed. */
  readonly keepEmpty?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Lets `work` change a root file system made of `lowers` (topmost first), and stores the change as a layer. Null when
 * nothing was changed.
 */
export async function buildLayer(
  store: DiskImageStore,
  lowers: readonly string[],
  work: (rootfs: WorkRootfs) => Promise<void>,
  options: LayerOptions,
): Promise<BuiltLayer | null> {
  const dir = store.layers.temporaryDir()
  const [merged, upper, scratch] = [join(dir, MERGED_DIR), join(dir, "upper"), join(dir, "scratch")]
  try {
    for (const path of [merged, upper, scratch, join(dir, "work")]) makeDirectory(path)
    mountOverlay(merged, lowers.length > 0 ? lowers : [store.layers.emptyDir], { upper, work: join(dir, "work") })
    try {
      await work({ merged, upper, scratch })
    } finally {
      while (unmount(merged)) continue
    }
    options.signal?.throwIfAborted()
    removeUntouched(upper, "", lowers)
    if (readdirSync(upper).length === 0 && !options.keepEmpty) return null
    if (options.steadyDirectories) steadyDirectories(upper, "", lowers)
    return await storeLayer(store, upper, options)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Open to everyone, whatever the umask: it is the root of somebody's file system. */
function makeDirectory(path: string): void {
  mkdirSync(path)
  chmodSync(path, 0o755)
}

/** Stores a directory as a layer. It must be on the store's file system: it is moved away. */
export async function storeLayer(store: DiskImageStore, upper: string, options: LayerOptions): Promise<BuiltLayer> {
  const { mtimeMax, signal } = options
  if (mtimeMax !== null) limitTimes(upper, mtimeMax)
  const writer = store.blobs.writer()
  try {
    const { bytes, inodes } = await writeLayer(upper, (chunk) => writer.write(chunk), {
      signal,
      ...(mtimeMax === null ? {} : { mtimeMax }),
    })
    // Not compressed: it is read on this machine far more often than it is sent.
    const { digest, size } = writer.commit({})
    const dir = store.layers.adopt(upper, { diffId: digest, chainId: null, bytes, inodes })
    return { diffId: digest, blob: { mediaType: MediaType.ociLayer, digest, size }, dir }
  } finally {
    writer.abort()
  }
}

/** Mounts layers (topmost first); without `write` read-only. The caller unmounts. */
export function mountOverlay(
  target: string,
  lowers: readonly string[],
  write: { readonly upper: string; readonly work: string } | null,
): void {
  // What a feature of overlayfs keeps in attributes instead of in files would be missing from the layer's archive.
  const options = write === null ? [] : [`upperdir=${write.upper}`, `workdir=${write.work}`, "redirect_dir=off"]
  options.push("metacopy=off")
  const { cwd, lowerdir } = overlayLowerOption(mountable(lowers))
  const before = process.cwd()
  if (cwd !== null) process.chdir(cwd)
  try {
    mount("overlay", target, {
      type: "overlay",
      flags: write === null ? ["readOnly"] : [],
      data: [`lowerdir=${lowerdir}`, ...options].join(","),
    })
  } finally {
    if (cwd !== null) process.chdir(before)
  }
}

/** Runs `work` with a read-only view of layers (topmost first). */
export async function withMountedLayers<T>(
  store: DiskImageStore,
  lowers: readonly string[],
  work: (root: string) => Promise<T>,
): Promise<T> {
  const [only = store.layers.emptyDir, ...others] = mountable(lowers)
  // A single layer needs no mount; overlayfs would not take one either.
  if (others.length === 0) return work(only)
  const dir = store.layers.temporaryDir()
  const merged = join(dir, MERGED_DIR)
  try {
    mkdirSync(merged, { mode: 0o755 })
    mountOverlay(merged, lowers, null)
    return await work(merged)
  } finally {
    while (unmount(merged)) continue
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Where a build copied nothing to a directory itself, its time is the one below, or the beginning of time. */
function steadyDirectories(upper: string, path: string, lowers: readonly string[]): void {
  for (const entry of readdirSync(join(upper, path), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const child = path === "" ? entry.name : `${path}/${entry.name}`
    steadyDirectories(upper, child, lowers)
    const below = lookupInLayers(lowers, child)
    if (below?.stat.isDirectory()) utimesSync(join(upper, child), below.stat.atimeMs / 1000, below.stat.mtimeMs / 1000)
  }
}

/** Directories into which something was put and taken out again are as they were below, but for their time. */
function removeUntouched(upper: string, path: string, lowers: readonly string[]): void {
  for (const entry of readdirSync(join(upper, path), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const child = path === "" ? entry.name : `${path}/${entry.name}`
    const real = join(upper, child)
    removeUntouched(upper, child, lowers)
    const below = lookupInLayers(lowers, child)?.stat
    if (!below?.isDirectory() || readdirSync(real).length > 0) continue
    const { mode, uid, gid } = lstatSync(real)
    const isOpaque = getXattr(real, OPAQUE_XATTR) !== null
    if (!isOpaque && mode === below.mode && uid === below.uid && gid === below.gid) rmdirSync(real)
  }
}

function limitTimes(dir: string, mtimeMax: number): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) limitTimes(path, mtimeMax)
    if (!entry.isDirectory() && !entry.isFile()) continue
    if (lstatSync(path).mtimeMs / 1000 > mtimeMax) utimesSync(path, mtimeMax, mtimeMax)
  }
}
