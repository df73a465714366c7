import { createHash } from "node:crypto"
import { closeSync, constants, fstatSync, lstatSync, readdirSync, readlinkSync, readSync, type Stats } from "node:fs"
import { join, posix, relative } from "node:path"
import { openInRoot } from "../../platform/linux/open.ts"
import { getXattr } from "../layers/libc.ts"
import { globExpression, type IgnoreRules } from "./dockerignore.ts"
import { rootedPath } from "./rooted-path.ts"

/** A folder to copy from: the build context, or the files of a stage or an image. */
export interface SourceRoot {
  readonly dir: string
  readonly ignore: IgnoreRules
  /** For messages: "the build context", "stage build". */
  readonly what: string
  /** Owners in the build context are those of whoever builds, and mean nothing in an image. */
  readonly keepOwners: boolean
}

/** A file, directory or link below one source of COPY. */
export interface SourceFile {
  /** Below the destination; "" is the source itself. */
  readonly path: string
  /** Inside the root, to open it. */
  readonly place: string
  readonly stat: Stats
  /** Target of a link, "" otherwise. */
  readonly link: string
}

/** One thing to copy: a single file, or a directory whose content is meant. */
export interface CopySource {
  readonly name: string
  readonly isDirectory: boolean
  readonly root: SourceRoot
  /** A directory comes before what is in it. */
  readonly files: readonly SourceFile[]
}

/** What a source argument of COPY stands for; wildcards as in Go's filepath.Match. Throws an Error when it is nothing. */
export function findSources(root: SourceRoot, pattern: string): CopySource[] {
  const clean = posix.resolve("/", pattern).slice(1)
  const hasWildcard = /[*?[\\]/.test(clean)
  const paths = hasWildcard ? expandWildcards(root, clean.split("/")) : [clean]
  const found = paths.flatMap((path) => readSource(root, path) ?? [])
  if (found.length > 0) return found
  const hint = clean !== "" && root.ignore.ignores(clean) ? " (.dockerignore leaves it out)" : ""
  throw new Error(`${JSON.stringify(pattern)} is not in ${root.what}${hint}`)
}

function expandWildcards(root: SourceRoot, segments: readonly string[]): string[] {
  let paths = [""]
  for (const segment of segments) {
    const expression = /[*?[\\]/.test(segment) ? globExpression(segment.replaceAll(/\*+/g, "*")) : null
    paths = paths.flatMap((path) => {
      const dir = rootedPath(root.dir, path)
      if (!lstatSync(dir, { throwIfNoEntry: false })?.isDirectory()) return []
      const names =
        expression === null
          ? [segment]
          : readdirSync(dir)
              .filter((name) => expression.test(name))
              .sort()
      return names.map((name) => posix.join(path, name))
    })
  }
  return paths
}

/** Null when there is nothing, or it is ignored. */
function readSource(root: SourceRoot, path: string): CopySource | null {
  const real = rootedPath(root.dir, path)
  const stat = lstatSync(real, { throwIfNoEntry: false })
  if (!stat) return null
  const place = relative(root.dir, real)
  const ignored = place !== "" && root.ignore.ignores(place)
  if (ignored && !(stat.isDirectory() && root.ignore.hasExceptions)) return null
  const files: SourceFile[] = []
  collect(root, place, "", stat, files)
  if (ignored && files.length <= 1) return null
  return { name: posix.basename(path), isDirectory: stat.isDirectory(), root, files }
}

function collect(root: SourceRoot, place: string, path: string, stat: Stats, files: SourceFile[]): void {
  const link = stat.isSymbolicLink() ? readlinkSync(join(root.dir, place)) : ""
  files.push({ path, place, stat, link })
  if (!stat.isDirectory()) return
  for (const name of readdirSync(join(root.dir, place)).sort()) {
    const child = posix.join(place, name)
    const childStat = lstatSync(join(root.dir, child), { throwIfNoEntry: false })
    if (!childStat || childStat.isSocket()) continue
    const ignored = root.ignore.ignores(child)
    if (ignored && !(childStat.isDirectory() && root.ignore.hasExceptions)) continue
    const before = files.length
    collect(root, child, posix.join(path, name), childStat, files)
    // An ignored directory is only there for the sake of what is included again.
    if (ignored && files.length === before + 1) files.pop()
  }
}

/** Opens the content of a source. The caller closes. */
export function openSource(root: SourceRoot, file: SourceFile): number {
  const fd = openInRoot(root.dir, file.place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  if (fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw new Error(`${file.place} changed while it was read`)
}

const CHUNK_BYTES = 1 << 20
const chunk = Buffer.allocUnsafe(CHUNK_BYTES)

/** Digest of everything that copying takes over, times excepted: they differ between two checkouts of the same files. */
export function sourceDigest(source: CopySource): string {
  const hash = createHash("sha256")
  const { root } = source
  for (const file of source.files) {
    const { stat } = file
    const owner = root.keepOwners ? [stat.uid, stat.gid] : []
    const device = stat.isCharacterDevice() || stat.isBlockDevice() ? stat.rdev : 0
    hash.update(JSON.stringify([file.path, stat.mode, owner, device, file.link]))
    if (!stat.isFile()) continue
    hash.update(getXattr(join(root.dir, file.place), "security.capability") ?? "")
    hash.update(fileDigest(root, file))
  }
  return hash.digest("hex")
}

function fileDigest(root: SourceRoot, file: SourceFile): Buffer {
  const hash = createHash("sha256")
  const fd = openSource(root, file)
  try {
    for (;;) {
      const length = readSync(fd, chunk, 0, CHUNK_BYTES, null)
      if (length === 0) return hash.digest()
      hash.update(chunk.subarray(0, length))
    }
  } finally {
    closeSync(fd)
  }
}
