import { closeSync, createReadStream } from "node:fs"
import { posix } from "node:path"
import { messageOf } from "../../machinery/status/message-of.ts"
import { isImageError } from "../images.ts"
import { decompress } from "../layers/decompress.ts"
import { type TarEntry, TarReader, type TarSink } from "../layers/tar-reader.ts"
import { LayerUnpacker } from "../layers/unpacker.ts"
import { type CopySource, openSource, type SourceFile } from "./copy-sources.ts"
import type { BuildContext } from "./stage-context.ts"

/** A tar archive of the build context, which ADD unpacks. */
export interface ArchiveFile {
  readonly source: CopySource
  readonly file: SourceFile
  /** The program that undoes its compression; null for what Node can do itself. */
  readonly program: "xz" | "bzip2" | null
}

const HEAD_BYTES = 512
/** Their content cannot be looked at without the program, so the name must do. */
const ARCHIVE_NAME = /\.(?:tar\.(?:xz|bz2)|txz|tbz2?)$/

/** Whether ADD unpacks a source: told by the content, as the names of archives vary. Null when it does not. */
export async function isArchive(source: CopySource): Promise<ArchiveFile | null> {
  const [file] = source.files
  if (file === undefined || !file.stat.isFile()) return null
  const fd = openSource(source.root, file)
  try {
    const head = await headOf(createReadStream("", { fd, autoClose: false, start: 0, end: HEAD_BYTES - 1 }))
    const starts = (...bytes: readonly number[]) => bytes.every((byte, i) => head[i] === byte)
    const program = starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0) ? "xz" : starts(0x42, 0x5a, 0x68) ? "bzip2" : null
    if (program !== null) return ARCHIVE_NAME.test(source.name) ? { source, file, program } : null
    const content = await headOf(decompress(createReadStream("", { fd, autoClose: false, start: 0 })))
    return content.toString("latin1", 257, 262) === "ustar" ? { source, file, program } : null
  } catch (error) {
    // Damaged, or compressed but something else: an ordinary file.
    if (isImageError(error, "InvalidImage")) return null
    throw error
  } finally {
    closeSync(fd)
  }
}

async function headOf(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of content) {
    parts.push(part)
    length += part.length
    if (length >= HEAD_BYTES) break
  }
  return Buffer.concat(parts).subarray(0, HEAD_BYTES)
}

/** Unpacks an archive below `path` of a mounted root file system. Owners, modes and times are those of the archive. */
export async function unpackArchive(
  build: BuildContext,
  archive: ArchiveFile,
  root: string,
  path: string,
): Promise<void> {
  const unpacker = new LayerUnpacker(root, [])
  const reader = new TarReader(below(unpacker, path))
  const fd = openSource(archive.source.root, archive.file)
  try {
    const content =
      archive.program === null
        ? createReadStream("", { fd, autoClose: false, start: 0 })
        : pipe(build, archive.program, fd)
    for await (const chunk of decompress(content)) {
      build.signal.throwIfAborted()
      reader.push(chunk)
    }
    reader.finish()
    unpacker.finish()
  } catch (error) {
    unpacker.abort()
    throw error
  } finally {
    closeSync(fd)
  }
}

async function* pipe(build: BuildContext, program: string, fd: number): AsyncGenerator<Uint8Array> {
  const child = build.platform.processes.spawn(program, ["-dc"], { stdio: [fd, "pipe", "inherit"] })
  try {
    for await (const chunk of child.stdout ?? []) yield chunk
    const { code } = await child.exited
    if (code !== 0) throw new Error(`${program} could not decompress it (exit code ${code})`)
  } catch (error) {
    const cause = messageOf(error)
    throw new Error(`${cause}; is ${program} installed on this machine?`, { cause: error })
  } finally {
    child.kill("SIGKILL")
  }
}

/** Moves the members of an archive below a folder. */
function below(sink: TarSink, path: string): TarSink {
  return {
    entry(entry: TarEntry) {
      const inside = posix.resolve("/", entry.name)
      // Layers spell deletions with such names; here they would delete instead of being files.
      if (posix.basename(inside).startsWith(".wh.")) throw new Error(`its member ${entry.name} has a reserved name`)
      const name = posix.join(path, inside)
      const linkname = entry.type === "hardlink" ? posix.join(path, posix.resolve("/", entry.linkname)) : entry.linkname
      sink.entry({ ...entry, name, linkname })
    },
    data: (bytes) => sink.data(bytes),
    end: () => sink.end(),
  }
}
