import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  lchownSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  type Stats,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { decodeDevice, getXattr, listXattrs, makeNode, setXattr } from "../layers/libc.ts"
import { type CopySource, openSource, type SourceFile } from "./copy-sources.ts"
import { rootedPath } from "./rooted-path.ts"

export interface Ownership {
  /** Null: as the source says. */
  readonly owner: { readonly uid: number; readonly gid: number } | null
  readonly mode: ((mode: number, isDirectory: boolean) => number) | null
}

const DIRECTORY_MODE = 0o755
const PERMISSIONS = 0o7777

/** Puts files into a root file system. No link in it, and none among the sources, leads out of it. */
export class TreeWriter {
  readonly #root: string
  readonly #ownership: Ownership
  /** Putting something into a directory changes its time, so times are set at the end, in seconds. */
  readonly #directoryTimes = new Map<string, number>()

  constructor(root: string, ownership: Ownership) {
    this.#root = root
    this.#ownership = ownership
  }

  /** The real directory for `path`, made with its parents when it is missing. */
  directory(path: string): string {
    const real = rootedPath(this.#root, path)
    this.#make(real)
    return real
  }

  /** Whether `path` is an existing directory. */
  isDirectory(path: string): boolean {
    return lstatSync(rootedPath(this.#root, path), { throwIfNoEntry: false })?.isDirectory() ?? false
  }

  /** Copies a file to exactly `path`, or the content of a directory into the directory `path`. */
  copy(source: CopySource, path: string): void {
    const target = rootedPath(this.#root, path)
    if (source.isDirectory) this.#make(target)
    else this.#make(dirname(target))
    // Where a directory of the source lands on a link to a directory, its content goes there.
    const places = new Map<string, string>([["", target]])
    for (const file of source.files) {
      if (source.isDirectory && file.path === "") continue
      const parent = places.get(file.path === "" ? "" : parentOf(file.path)) ?? target
      const place = file.path === "" ? target : join(parent, baseOf(file.path))
      if (file.stat.isDirectory()) places.set(file.path, this.#copyDirectory(source, file, place))
      else this.#copyFile(source, file, place)
    }
  }

  /** Writes a file with the given content. */
  write(path: string, content: Uint8Array | string, mode: number, mtime: number): void {
    const target = rootedPath(this.#root, path)
    this.#make(dirname(target))
    refuseDirectory(target)
    rmSync(target, { force: true })
    writeFileSync(target, content, { flag: "wx" })
    this.#finish(target, { uid: 0, gid: 0, mode, mtime, isDirectory: false })
  }

  /** Sets the times of directories. To be called last. */
  finish(): void {
    for (const [path, seconds] of [...this.#directoryTimes].toReversed()) utimesSync(path, seconds, seconds)
  }

  #make(real: string): void {
    const stat = lstatSync(real, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return
    if (stat) throw new Error(`${this.#shown(real)} exists and is not a directory`)
    this.#make(dirname(real))
    mkdirSync(real)
    const { uid, gid } = this.#ownership.owner ?? { uid: 0, gid: 0 }
    lchownSync(real, uid, gid)
    chmodSync(real, DIRECTORY_MODE)
    // Nothing says when such a directory was made, and layers of the same files should be the same.
    this.#directoryTimes.set(real, 0)
  }

  #copyDirectory(source: CopySource, file: SourceFile, place: string): string {
    const existing = lstatSync(place, { throwIfNoEntry: false })
    let real = place
    if (existing?.isSymbolicLink()) {
      real = rootedPath(this.#root, place.slice(this.#root.length))
      if (lstatSync(real, { throwIfNoEntry: false })?.isDirectory()) return real
      real = place
    }
    if (existing && !existing.isDirectory()) rmSync(place)
    if (!existing?.isDirectory()) mkdirSync(real)
    this.#finish(real, attributesOf(source, file))
    return real
  }

  #copyFile(source: CopySource, file: SourceFile, place: string): void {
    const { stat } = file
    refuseDirectory(place)
    rmSync(place, { force: true })
    if (stat.isSymbolicLink()) symlinkSync(file.link, place)
    else if (stat.isFile()) this.#copyContent(source, file, place)
    else if (source.root.keepOwners) makeDevice(place, stat)
    else throw new Error(`${file.place} is neither a file, a directory nor a link`)
    this.#finish(place, attributesOf(source, file))
    if (stat.isFile()) copyXattrs(join(source.root.dir, file.place), place)
  }

  #copyContent(source: CopySource, file: SourceFile, place: string): void {
    const fd = openSource(source.root, file)
    try {
      copyFileSync(`/proc/self/fd/${fd}`, place, constants.COPYFILE_EXCL)
    } finally {
      closeSync(fd)
    }
  }

  #finish(real: string, attributes: Attributes): void {
    const { isDirectory, mtime } = attributes
    const { uid, gid } = this.#ownership.owner ?? attributes
    // The owner comes first: changing it clears setuid bits and file capabilities.
    lchownSync(real, uid, gid)
    if (!isLink(real)) chmodSync(real, this.#ownership.mode?.(attributes.mode, isDirectory) ?? attributes.mode)
    if (isDirectory) this.#directoryTimes.set(real, mtime)
    else lutimesSync(real, mtime, mtime)
  }

  #shown(real: string): string {
    return real.slice(this.#root.length) || "/"
  }
}

interface Attributes {
  readonly uid: number
  readonly gid: number
  readonly mode: number
  readonly mtime: number
  readonly isDirectory: boolean
}

function attributesOf(source: CopySource, { stat }: SourceFile): Attributes {
  const { mode, mtimeMs } = stat
  const { uid, gid } = source.root.keepOwners ? stat : { uid: 0, gid: 0 }
  return { uid, gid, mode: mode & PERMISSIONS, mtime: Math.floor(mtimeMs / 1000), isDirectory: stat.isDirectory() }
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

function refuseDirectory(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(`a file cannot replace the directory ${path}`)
}

function makeDevice(place: string, stat: Stats): void {
  const { major, minor } = decodeDevice(stat.rdev)
  makeNode(place, stat.mode, major, minor)
}

function copyXattrs(from: string, to: string): void {
  for (const name of listXattrs(from)) {
    if (name !== "security.capability" && !name.startsWith("user.")) continue
    const value = getXattr(from, name)
    if (value) setXattr(to, name, value)
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf("/")
  return slash < 0 ? "" : path.slice(0, slash)
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1)
}
